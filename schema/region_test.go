package schema

import "testing"

func TestNormaliseState(t *testing.T) {
	t.Parallel()
	us, ca, de, pr := Hint{Country: "us"}, Hint{Country: "ca"}, Hint{Country: "de"}, Hint{Country: "pr"}
	checkNormalise(t, newTestNormaliser(t, NormaliserOptions{DefaultCountry: "us"}), ST, []normaliseCase{
		// in the US: the code, from code or name
		{raw: "CA", hint: us, want: "ca"},
		{raw: "California", hint: us, want: "ca"},
		{raw: "New York", hint: us, want: "ny"},
		{raw: "new  york", hint: us, want: "ny"},
		{raw: "D.C.", hint: us, want: "dc"},
		{raw: "District of Columbia", hint: us, want: "dc"},
		{raw: "Puerto Rico", hint: us, want: "pr"},
		{raw: "GU", hint: us, want: "gu"},
		{raw: "U.S. Virgin Islands", hint: us, want: "vi"},
		{raw: "AA", hint: us, want: "aa"},
		{raw: "AE", hint: us, want: "ae"},
		{raw: "Armed Forces Pacific", hint: us, want: "ap"},
		{raw: "US-CA", hint: us, want: "ca"},
		{raw: "Bavaria", hint: us, reason: DropUnknownValue},
		{raw: "XX", hint: us, reason: DropUnknownValue},
		{raw: "12", hint: us, reason: DropUnknownValue},
		// no country in the event, whatever the default one
		{raw: "California", want: "ca"},
		{raw: "NY", want: "ny"},
		{raw: "US-NY", want: "ny"},
		{raw: "Bavaria", want: "bavaria"},
		{raw: "XX", want: "xx"},
		{raw: "北京", reason: DropInvalid},
		// outside the US like a city
		{raw: "Ontario", hint: ca, want: "ontario"},
		{raw: "ON", hint: ca, want: "on"},
		{raw: "Québec", hint: ca, want: "quebec"},
		{raw: "Nordrhein-Westfalen", hint: de, want: "nordrheinwestfalen"},
		{raw: "California", hint: de, want: "california"},
		{raw: "Puerto Rico", hint: pr, want: "puertorico"},
		{raw: "東京", hint: Hint{Country: "jp"}, reason: DropInvalid},
	})
}

func TestUSStates(t *testing.T) {
	t.Parallel()
	// 50 states, DC, 5 territories, the minor islands, 3 of the armed forces.
	if got, want := len(usStateCodes), 60; got != want {
		t.Errorf("%d codes, want %d", got, want)
	}
	for _, s := range usStates {
		for _, raw := range []string{s.code, s.name} {
			if got, reason := normaliseState(raw, Hint{Country: "us"}); got != s.code {
				t.Errorf("state %q = %q, %q; want %q", raw, got, reason, s.code)
			}
		}
	}
}
