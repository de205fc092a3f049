package facebook

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// Graph writes numbers as strings and strings as numbers, and PHP writes an
// empty map as []. These types take what comes; what cannot be understood is
// zero, because no single field is worth losing an answer that says "applied".

// number is a JSON number, in quotes or not.
type number float64

// UnmarshalJSON takes 1, 1.5 and "1"; everything else is 0.
func (n *number) UnmarshalJSON(text []byte) error {
	*n = 0
	f, err := strconv.ParseFloat(string(bytes.Trim(text, `"`)), 64)
	if err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
		*n = number(f)
	}
	return nil
}

// int is the number cut to what fits a count.
func (n number) int() int { return int(min(max(float64(n), math.MinInt32), math.MaxInt32)) }

// idText is an id or a text, as string or as number, digits kept.
type idText string

// UnmarshalJSON takes "1", 1 and big numbers without loss; everything else is "".
func (s *idText) UnmarshalJSON(text []byte) error {
	*s = ""
	switch {
	case len(text) == 0:
	case text[0] == '"':
		var plain string
		if json.Unmarshal(text, &plain) == nil {
			*s = idText(plain)
		}
	case digits(string(text)):
		*s = idText(text)
	}
	return nil
}

// boolean is true, "true", 1 or "1"; everything else is false.
type boolean bool

// UnmarshalJSON never fails.
func (b *boolean) UnmarshalJSON(text []byte) error {
	switch string(bytes.Trim(text, `"`)) {
	case "true", "1":
		*b = true
	default:
		*b = false
	}
	return nil
}

// flags is a map of booleans; an empty one can come as [].
type flags map[string]boolean

// UnmarshalJSON never fails: what is no map is empty.
func (f *flags) UnmarshalJSON(text []byte) error {
	var plain map[string]boolean
	if json.Unmarshal(text, &plain) != nil {
		plain = nil
	}
	*f = plain
	return nil
}
