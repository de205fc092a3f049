package schema

import (
	"bytes"
	"testing"
)

// FuzzNormalise holds for every key and any text: no panic, no hash of
// nothing, a stored form that follows from the text, and N(N(x)) = N(x).
func FuzzNormalise(f *testing.F) {
	for _, v := range readVectors(f) {
		k, _ := ParseKey(v.Key)
		f.Add(uint8(k), v.Raw, v.Country, false)
	}
	f.Add(uint8(Phone), "0044 (0)20 7946 0958", "us", true)
	f.Add(uint8(Phone), "+54 0 11 15 2345 6789", "ar", true)
	f.Add(uint8(FN), "\u1100-\u1161İΣ", "", true)
	f.Add(uint8(ZIP), "94035-1234", "", false)
	f.Add(uint8(Email), sha256OfNothing, "", false)
	plain := newTestNormaliser(f, NormaliserOptions{})
	us := newTestNormaliser(f, NormaliserOptions{DefaultCountry: "us"})
	f.Fuzz(func(t *testing.T, key uint8, raw, country string, defaultUS bool) {
		n, k, h := plain, Key(key)%NumKeys, Hint{Year: 2026}
		if defaultUS {
			n = us
		}
		h.Country, _ = parseCountry(country)

		got, reason := n.Normalise(k, raw, h)
		if reason != "" {
			if got.Text != "" || got.Value != nil {
				t.Fatalf("dropped for %s with a value", reason)
			}
			return
		}
		if len(got.Value) == 0 || bytes.Equal(got.Value, emptyDigest[:]) || k.Hashed() && Uploaded(k, got.Value) == sha256OfNothing {
			t.Fatalf("%s %q is stored as %x", k, raw, got.Value)
		}
		again := got.Text
		if k == Phone {
			again = "+" + again
		}
		if got.Text == "" {
			again = Uploaded(k, got.Value) // given as a hash
		}
		second, reason := n.Normalise(k, again, h)
		if reason != "" || second.Text != got.Text || !bytes.Equal(second.Value, got.Value) {
			t.Fatalf("%s %q = %q, and that = %q, %q", k, raw, got.Text, second.Text, reason)
		}
	})
}

// FuzzDate holds that the parts of a date are what their keys take.
func FuzzDate(f *testing.F) {
	for _, s := range []string{"1971-02-05T23:30:00-08:00", "19710205", "13/02/1971", "Feb 5, 1971", "5", "1971-02-30", "٥/٢/١٩٧١"} {
		f.Add(s, false)
	}
	mdy := newTestNormaliser(f, NormaliserOptions{})
	dmy := newTestNormaliser(f, NormaliserOptions{DateOrder: DMY})
	f.Fuzz(func(t *testing.T, raw string, dayFirst bool) {
		n, h := mdy, Hint{Year: 2026}
		if dayFirst {
			n = dmy
		}
		year, month, day, reason := n.Date(raw, h)
		if (reason == "") != (day != "") || (year == "") != (month == "") {
			t.Fatalf("Date(%q) = %q, %q, %q, %q", raw, year, month, day, reason)
		}
		for k, part := range map[Key]string{DOBY: year, DOBM: month, DOBD: day} {
			if part == "" {
				continue
			}
			if got, reason := n.Normalise(k, part, h); got.Text != part {
				t.Fatalf("Date(%q) gives %s %q, which is %q, %q", raw, k, part, got.Text, reason)
			}
		}
	})
}
