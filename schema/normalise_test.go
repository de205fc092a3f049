package schema

import (
	"strings"
	"testing"
)

func newTestNormaliser(t testing.TB, o NormaliserOptions) *Normaliser {
	t.Helper()
	n, err := NewNormaliser(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// normaliseCase is one value of one key: want is the text before hashing, or
// reason says why there is none.
type normaliseCase struct {
	raw    string
	hint   Hint
	want   string
	reason DropReason
}

func checkNormalise(t *testing.T, n *Normaliser, k Key, cases []normaliseCase) {
	t.Helper()
	for _, c := range cases {
		got, reason := n.Normalise(k, c.raw, c.hint)
		if got.Text != c.want || reason != c.reason {
			t.Errorf("%s %q with %+v = %q, %q; want %q, %q", k, c.raw, c.hint, got.Text, reason, c.want, c.reason)
		}
		if (reason == "") != (len(got.Value) > 0) {
			t.Errorf("%s %q: value of %d bytes with reason %q", k, c.raw, len(got.Value), reason)
		}
	}
}

func TestNormaliseNothing(t *testing.T) {
	t.Parallel()
	n := newTestNormaliser(t, NormaliserOptions{})
	for k := range Key(NumKeys) {
		cases := []normaliseCase{{raw: "", reason: DropEmpty}}
		if k != ExternID {
			cases = append(cases,
				normaliseCase{raw: " \t\u00a0\r\n", reason: DropEmpty},
				normaliseCase{raw: "a\xff@example.com", reason: DropInvalid})
		}
		checkNormalise(t, n, k, cases)
	}
	checkNormalise(t, n, NumKeys, []normaliseCase{{raw: "x", reason: DropUnsupportedKey}})
}

func TestNormaliseToNothingIsNotEmpty(t *testing.T) {
	t.Parallel()
	n := newTestNormaliser(t, NormaliserOptions{})
	for _, k := range []Key{Email, Phone, MADID, FN, LN, FI, DOBY, DOBM, DOBD, ST, CT, ZIP, LookalikeValue} {
		checkNormalise(t, n, k, []normaliseCase{{raw: "-'.", reason: DropInvalid}})
	}
	for _, k := range []Key{Gen, Country} {
		checkNormalise(t, n, k, []normaliseCase{{raw: "-'.", reason: DropUnknownValue}})
	}
}

func TestNormaliseExternID(t *testing.T) {
	t.Parallel()
	n := newTestNormaliser(t, NormaliserOptions{})
	checkNormalise(t, n, ExternID, []normaliseCase{
		{raw: "u123", want: "u123"},
		{raw: " U 123\t", want: " U 123\t"},
		{raw: strings.Repeat("ab", 32), want: strings.Repeat("ab", 32)},
		{raw: "\xff", want: "\xff"},
	})
}

func TestNewNormaliserRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options NormaliserOptions
		names   string
	}{
		{NormaliserOptions{DefaultCountry: "Atlantis"}, `"Atlantis"`},
		{NormaliserOptions{DefaultCountry: "xx"}, `"xx"`},
		{NormaliserOptions{DateOrder: "ymd"}, `"ymd"`},
	} {
		if _, err := NewNormaliser(c.options); err == nil || !strings.Contains(err.Error(), c.names) {
			t.Errorf("NewNormaliser(%+v) = %v, want an error that names %s", c.options, err, c.names)
		}
	}
}

func TestDefaultCountryForms(t *testing.T) {
	t.Parallel()
	for _, country := range []string{"us", "US", "USA", "United States"} {
		n := newTestNormaliser(t, NormaliserOptions{DefaultCountry: country})
		checkNormalise(t, n, Phone, []normaliseCase{{raw: "(650)555-1212", want: "16505551212"}})
	}
}
