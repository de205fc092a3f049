package schema

import (
	"regexp"
	"strconv"
	"strings"
)

// floatForm matches whole numbers in the forms that serialisers of floating
// point give them: 1990.0, 1.2023095976E10.
var floatForm = regexp.MustCompile(`^([0-9]+)(?:\.([0-9]+))?(?:[eE]\+?([0-9]{1,2}))?$`)

// integerText returns the digits of a whole number that was written as a
// floating point one, without loss; anything else as it is.
func integerText(s string) string {
	if allDigits(s) || s == "" || s[0] < '0' || s[0] > '9' {
		return s
	}
	m := floatForm.FindStringSubmatch(s)
	if m == nil || m[3] == "" && m[2] != "0" {
		return s // "555.000" may be a phone with a dot in it
	}
	shift := 0
	if m[3] != "" {
		shift, _ = strconv.Atoi(m[3]) // one or two digits
	}
	fraction := strings.TrimRight(m[2], "0")
	if len(fraction) > shift || shift > 20 {
		return s
	}
	return m[1] + fraction + strings.Repeat("0", shift-len(fraction))
}
