package schema

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	// ukPostcode is outward code and inward code without the space.
	ukPostcode = regexp.MustCompile(`^(?:[a-z]{1,2}[0-9][a-z0-9]?|gir)[0-9][a-z]{2}$`)
	// zipPlus4 is a US postal code that can be nothing else.
	zipPlus4 = regexp.MustCompile(`^[0-9]{5}-[0-9]{4}$`)
)

// normaliseZIP returns a postal code as Meta's guide asks: without white space
// and dashes, of the US the first five digits, of the UK area, district and
// sector.
func (n *Normaliser) normaliseZIP(s string, h Hint) (string, DropReason) {
	s = strings.ToLower(asciiDigits(s))
	region := n.region(h)
	if region == "us" || region == "" && zipPlus4.MatchString(s) {
		return usZIP(s)
	}
	text := withoutFraction(strings.Map(dropSpaceAndDash, s))
	if strings.IndexFunc(text, isLetterOrDigit) < 0 {
		return "", DropInvalid
	}
	if (region == "gb" || region == "") && ukPostcode.MatchString(text) {
		return text[:len(text)-2], ""
	}
	return text, ""
}

// usZIP returns five digits; leading zeros that a spreadsheet lost come back.
func usZIP(s string) (string, DropReason) {
	area, _, _ := strings.Cut(strings.Map(dashToASCII, s), "-")
	area = withoutFraction(strings.Map(dropSpaceAndDash, area))
	if len(area) > 5 {
		area = area[:5]
	}
	if len(area) < 3 || !allDigits(area) {
		return "", DropInvalid
	}
	return "00"[:5-len(area)] + area, ""
}

// withoutFraction undoes what a table of floating point numbers makes of a code
// of digits: 94035.0. An exponent cannot be told from a letter of the code.
func withoutFraction(s string) string {
	if digits, ok := strings.CutSuffix(s, ".0"); ok && allDigits(digits) {
		return digits
	}
	return s
}

func dropSpaceAndDash(r rune) rune {
	if unicode.IsSpace(r) || isDash(r) {
		return -1
	}
	return r
}

func dashToASCII(r rune) rune {
	if isDash(r) {
		return '-'
	}
	return r
}

// isDash knows every dash, and the minus sign that looks like one.
func isDash(r rune) bool { return r == '-' || r == '−' || unicode.Is(unicode.Pd, r) }

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// allDigits reports whether s is ASCII digits only, and not empty.
func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// asciiDigits returns s with the decimal digits of every script as 0–9.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 || !unicode.IsDigit(r) {
			return r
		}
		return '0' + digitValue(r)
	}, s)
}

// digitValue returns what a decimal digit stands for: Unicode keeps the ten of
// a script together and in order.
func digitValue(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}
