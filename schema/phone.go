package schema

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

const (
	// minPhoneDigits and maxPhoneDigits bound what can be a number with its
	// country code (ITU-T E.164; Meta's CAPI normalisers start at 7).
	minPhoneDigits = 7
	maxPhoneDigits = 15
	// maxPhoneRounds is how often a number may change when it is read again
	// from its own result; two are common ("+44 (0)20 …"), more were not seen.
	maxPhoneRounds = 5
)

// normalisePhone returns a number as the digits of E.164. It reads the result
// again until it stays: a second national prefix, say, must not depend on how
// often a value passed through here.
func (n *Normaliser) normalisePhone(s string, h Hint) (string, DropReason) {
	if text, ok := n.phonePlan.international(s); ok {
		return text, ""
	}
	region := strings.ToUpper(n.region(h))
	text := readPhone(asciiDigits(integerText(s)), region)
	for range maxPhoneRounds {
		if text == "" {
			break
		}
		again, ok := n.phonePlan.international("+" + text)
		if !ok {
			again = readPhone("+"+text, region)
		}
		if again == text {
			return text, ""
		}
		text = again
	}
	return "", DropInvalid
}

// readPhone reads a number once: as one of the region or an international one,
// else as the digits that are there. It returns "" when there are too few or
// too many.
func readPhone(s, region string) string {
	if text, ok := parsePhone(s, region); ok {
		return text
	}
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if '1' <= c && c <= '9' || c == '0' && b.Len() > 0 {
			b.WriteByte(c)
		}
	}
	if b.Len() < minPhoneDigits || b.Len() > maxPhoneDigits {
		return ""
	}
	return b.String()
}

// parsePhone asks the library. A number that is possible only when dialled from
// the same town has no international form; one of zeros only is a placeholder.
func parsePhone(s, region string) (string, bool) {
	number, err := phonenumbers.Parse(s, region)
	if err != nil || number.GetNationalNumber() == 0 || phonenumbers.IsPossibleNumberWithReason(number) != phonenumbers.IS_POSSIBLE {
		return "", false
	}
	text := strings.TrimPrefix(phonenumbers.Format(number, phonenumbers.E164), "+")
	if len(text) < minPhoneDigits || len(text) > maxPhoneDigits {
		return "", false
	}
	return text, true
}
