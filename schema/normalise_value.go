package schema

import (
	"strconv"
	"strings"
)

// maxLookalikeValue keeps values where a float64 still tells every cent apart.
const maxLookalikeValue = 1e13

// normaliseLookalikeValue returns a value of a value-based audience as plain
// decimal text: Facebook takes numbers of zero and more, so a negative one
// (more returned than bought) counts as zero.
func normaliseLookalikeValue(s string) (Normalised, DropReason) {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return Normalised{}, DropInvalid // keeps "inf", "nan" and hex floats out
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return Normalised{}, DropInvalid
	}
	if v > maxLookalikeValue {
		return Normalised{}, DropOutOfRange
	}
	text := strconv.FormatFloat(max(v, 0), 'f', -1, 64)
	return Normalised{Text: text, Value: []byte(text)}, ""
}
