package schema

import "testing"

func BenchmarkNormalise(b *testing.B) {
	n := newTestNormaliser(b, NormaliserOptions{DefaultCountry: "us"})
	h := Hint{Country: "us", Year: 2026}
	for _, c := range []struct {
		name string
		key  Key
		raw  string
	}{
		{"email", Email, "jane.doe@example.com"},
		{"email/upper", Email, "Jane.Doe@Example.com"},
		{"phone/e164", Phone, "+12023095976"},
		{"phone/international", Phone, "+1 (202) 309-5976"},
		{"phone/national", Phone, "(202) 309-5976"},
		{"name", FN, "Jane"},
		{"name/accent", FN, "Valéry"},
		{"gender", Gen, "female"},
		{"year", DOBY, "1990"},
		{"city", CT, "New York"},
		{"city/accent", CT, "São Paulo"},
		{"state", ST, "California"},
		{"zip", ZIP, "94035-1234"},
		{"country", Country, "US"},
		{"country/name", Country, "United States"},
		{"madid", MADID, "7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB"},
		{"hash", Email, "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, reason := n.Normalise(c.key, c.raw, h); reason != "" {
					b.Fatal(reason)
				}
			}
		})
	}
}

func BenchmarkDate(b *testing.B) {
	n := newTestNormaliser(b, NormaliserOptions{})
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, reason := n.Date("1971-02-05", Hint{Year: 2026}); reason != "" {
			b.Fatal(reason)
		}
	}
}
