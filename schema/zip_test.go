package schema

import (
	"testing"
	"unicode"
)

func TestNormaliseZIP(t *testing.T) {
	t.Parallel()
	us, gb, de, pl, ca := Hint{Country: "us"}, Hint{Country: "gb"}, Hint{Country: "de"}, Hint{Country: "pl"}, Hint{Country: "ca"}
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{}), ZIP, []normaliseCase{
		{raw: "94035", hint: us, want: "94035"},
		{raw: "94035-1234", hint: us, want: "94035"},
		{raw: "94035–1234", hint: us, want: "94035"},
		{raw: "94035 1234", hint: us, want: "94035"},
		{raw: "940351234", hint: us, want: "94035"},
		{raw: "2138", hint: us, want: "02138"},
		{raw: "2138-1234", hint: us, want: "02138"},
		{raw: "501", hint: us, want: "00501"},
		{raw: "94035.0", hint: us, want: "94035"},
		{raw: "2138.0", hint: us, want: "02138"},
		{raw: "10115.0", hint: de, want: "10115"},
		{raw: "12E4", hint: de, want: "12e4"},
		{raw: "12", hint: us, reason: DropInvalid},
		{raw: "SW1A 1AA", hint: us, reason: DropInvalid},
		{raw: "-", hint: us, reason: DropInvalid},
		{raw: "SW1A 1AA", hint: gb, want: "sw1a1"},
		{raw: "sw1a1aa", hint: gb, want: "sw1a1"},
		{raw: "M1 1AE", hint: gb, want: "m11"},
		{raw: "GIR 0AA", hint: gb, want: "gir0"},
		{raw: "SW1A", hint: gb, want: "sw1a"},
		{raw: "SW1A 1", hint: gb, want: "sw1a1"},
		{raw: "M1", hint: gb, want: "m1"},
		{raw: "10115", hint: de, want: "10115"},
		{raw: "2138", hint: de, want: "2138"},
		{raw: "94035-1234", hint: de, want: "940351234"},
		{raw: "00-950", hint: pl, want: "00950"},
		{raw: "K1A 0B1", hint: ca, want: "k1a0b1"},
		{raw: "SW1A 1AA", hint: ca, want: "sw1a1aa"},
		{raw: "１００−０００１", hint: Hint{Country: "jp"}, want: "1000001"},
		{raw: "94035-1234", want: "94035"},
		{raw: "94035", want: "94035"},
		{raw: "2138", want: "2138"},
		{raw: "SW1A 1AA", want: "sw1a1"},
		{raw: "00-950", want: "00950"},
		{raw: "- -", reason: DropInvalid},
	})
}

func TestZIPRegionIsDefaultCountry(t *testing.T) {
	t.Parallel()
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{DefaultCountry: "us"}), ZIP, []normaliseCase{
		{raw: "2138", want: "02138"},
		{raw: "2138", hint: Hint{Country: "de"}, want: "2138"},
	})
}

// TestDigitTables holds what digitValue relies on.
func TestDigitTables(t *testing.T) {
	t.Parallel()
	check := func(lo, hi, stride rune) {
		if stride != 1 || (hi-lo+1)%10 != 0 {
			t.Errorf("digits %U–%U, stride %d, are not whole tens", lo, hi, stride)
		}
	}
	for _, r := range unicode.Nd.R16 {
		check(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	for _, r := range unicode.Nd.R32 {
		check(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	if got, want := asciiDigits("٠٩ ०९ ０９ 𝟎𝟡"), "09 09 09 09"; got != want {
		t.Errorf("asciiDigits = %q, want %q", got, want)
	}
}
