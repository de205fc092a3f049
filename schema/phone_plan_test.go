package schema

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// slowPhone is normalisePhone by the library alone.
func slowPhone(n *Normaliser, s string) (string, DropReason) {
	var none phonePlans
	slow := *n
	slow.phonePlan = &none
	return slow.normalisePhone(s, Hint{})
}

// TestPhonePlansAgree puts numbers of every calling code, length and first
// digit before the plans and the library.
func TestPhonePlansAgree(t *testing.T) {
	t.Parallel()
	n := newTestNormaliser(t, NormaliserOptions{DefaultCountry: "de"})
	fast := 0
	for code := range phonenumbers.GetSupportedCallingCodes() {
		for first := range 10 {
			for _, rest := range []string{"12345", "1234567", "12345678", "123456789", "1234567890"} {
				s := "+" + strconv.Itoa(code) + strconv.Itoa(first) + rest
				got, ok := n.phonePlan.international(s)
				if !ok {
					continue
				}
				fast++
				if want, reason := slowPhone(n, s); got != want || reason != "" {
					t.Errorf("%s = %q by the plans, %q, %q by the library", s, got, want, reason)
				}
			}
		}
	}
	if fast < 1000 {
		t.Errorf("only %d numbers took the fast path", fast)
	}
}

func TestPhonePlansTakeCommonNumbers(t *testing.T) {
	t.Parallel()
	plans := loadPhonePlans()
	for _, s := range []string{"+12023095976", "+1 (202) 309-5976", "+442079460958", "+4915112345678", "+919876543210", "+5511987654321", "+33612345678"} {
		if _, ok := plans.international(s); !ok {
			t.Errorf("%s does not take the fast path", s)
		}
	}
	for _, s := range []string{"", "+", "+0", "12023095976", "+1", "+112023095976", "+1202309597", "+1 202 309 5976 x1", "+1234567890123456", "+999 1234567"} {
		if text, ok := plans.international(s); ok {
			t.Errorf("%s = %s by the fast path", s, text)
		}
	}
}

// TestPlainDigits compares the digits found in the library's own prefix patterns
// with what the patterns match.
func TestPlainDigits(t *testing.T) {
	t.Parallel()
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all.GetMetadata() {
		prefix := m.GetNationalPrefixForParsing()
		if prefix == "" {
			continue
		}
		re := regexp.MustCompile("^(?:" + prefix + ")")
		plain := plainDigits(prefix)
		for v := range 10000 {
			s := strconv.Itoa(10000 + v)[1:] + "1234567"
			if plain>>(s[0]-'0')&1 == 1 && re.MatchString(s) {
				t.Fatalf("%s: prefix %s matches %s", m.GetId(), prefix, s)
			}
		}
	}
}

func FuzzPhonePlans(f *testing.F) {
	for _, s := range []string{"+12023095976", "+1 (202) 309-5976", "+44 (0)20 7946 0958", "+390612345678", "+549112345678", "+() 8612345678", "+1-(202)-"} {
		f.Add(s)
	}
	n := newTestNormaliser(f, NormaliserOptions{DefaultCountry: "gb"})
	f.Fuzz(func(t *testing.T, s string) {
		text, ok := n.phonePlan.international(s)
		if !ok {
			t.Skip()
		}
		if want, reason := slowPhone(n, s); text != want || reason != "" {
			t.Errorf("%q = %q by the plans, %q, %q by the library", s, text, want, reason)
		}
	})
}
