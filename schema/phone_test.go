package schema

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNormalisePhone(t *testing.T) {
	t.Parallel()
	us, gb, in := Hint{Country: "us"}, Hint{Country: "gb"}, Hint{Country: "in"}
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{DefaultCountry: "us"}), Phone, []normaliseCase{
		// possible in its region: E.164 digits without "+"
		{raw: "+12023095976", want: "12023095976"},
		{raw: "+1 (202) 309-5976", want: "12023095976"},
		{raw: "(650)555-1212", hint: us, want: "16505551212"},
		{raw: "650.555.1212", hint: us, want: "16505551212"},
		{raw: "1-650-555-1212", hint: us, want: "16505551212"},
		{raw: "6505551212", want: "16505551212"},
		{raw: "16505551212", want: "16505551212"},
		{raw: "(650) 555-1212 ext. 42", hint: us, want: "16505551212"},
		{raw: "tel:+1-650-555-1212", hint: us, want: "16505551212"},
		{raw: "+1-800-FLOWERS", want: "18003569377"},
		{raw: "011 44 20 7946 0958", hint: us, want: "442079460958"},
		{raw: "+390612345678", want: "390612345678"},
		{raw: "+5491123456789", want: "5491123456789"},
		{raw: "+٤٤ ٢٠٧٩٤٦ ٠٩٥٨", want: "442079460958"},
		{raw: "+४४ २०७९४६ ०९५८", want: "442079460958"},
		// the region is the event's country before the default one
		{raw: "020 7946 0958", hint: gb, want: "442079460958"},
		{raw: "98765 43210", hint: in, want: "919876543210"},
		{raw: "123-456-7890", want: "11234567890"},
		// else the digits that are there, when 7 to 15
		{raw: "00919876543210", hint: us, want: "919876543210"},
		{raw: "442079460958", hint: us, want: "442079460958"},
		{raw: "+44 (0)20 7946 0958", hint: us, want: "442079460958"},
		{raw: "0044 (0)20 7946 0958", hint: us, want: "442079460958"},
		{raw: "555-1212", hint: us, want: "5551212"},
		{raw: "call 555 1212 please", hint: us, want: "5551212"},
		{raw: "+999 1234567", want: "9991234567"},
		{raw: "00000001234567", hint: us, want: "1234567"},
		{raw: "123456", hint: us, reason: DropInvalid},
		{raw: "1234567890123456", hint: us, reason: DropInvalid},
		{raw: "0000000000", hint: us, reason: DropInvalid},
		{raw: "none", hint: us, reason: DropInvalid},
		// literals of numbers
		{raw: "12023095976", want: "12023095976"},
		{raw: "12023095976.0", want: "12023095976"},
		{raw: "1.2023095976E10", want: "12023095976"},
	})
}

func TestPhoneWithoutRegion(t *testing.T) {
	t.Parallel()
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{}), Phone, []normaliseCase{
		{raw: "+12023095976", want: "12023095976"},
		{raw: "12023095976", want: "12023095976"},
		{raw: "(202) 309-5976", want: "2023095976"},
		{raw: "020 7946 0958", hint: Hint{Country: "gb"}, want: "442079460958"},
		{raw: "+12023095976", hint: Hint{Country: "aq"}, want: "12023095976"},
	})
}

// TestPhonesAreStable is N("+" + N(x)) = N(x) for what looks like a phone in
// any country; and the result is read alike with and without the plans.
func TestPhonesAreStable(t *testing.T) {
	t.Parallel()
	n := newTestNormaliser(t, NormaliserOptions{})
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.StringMatching(`(\+|00|011|0|)[0-9]{1,4}[ \-()./]{0,2}[0-9]{2,12}( ?(x|ext\.?|#|;ext=)[0-9]{1,4}|)`).Draw(t, "raw")
		h := Hint{Country: rapid.SampledFrom(isoCountries).Draw(t, "country")}
		first, reason := n.Normalise(Phone, raw, h)
		if reason != "" {
			return
		}
		if len(first.Text) < minPhoneDigits || len(first.Text) > maxPhoneDigits || !allDigits(first.Text) || first.Text[0] == '0' {
			t.Fatalf("%q = %q", raw, first.Text)
		}
		second, reason := n.Normalise(Phone, "+"+first.Text, h)
		if second.Text != first.Text {
			t.Fatalf("%q = %q, and that = %q, %q", raw, first.Text, second.Text, reason)
		}
		if slow, reason := slowPhone(n, "+"+first.Text); slow != first.Text {
			t.Fatalf("%q = %q, by the library alone %q, %q", raw, first.Text, slow, reason)
		}
	})
}
