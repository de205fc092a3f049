package schema

import (
	"bytes"
	"strconv"
	"strings"
	"unsafe"

	"github.com/valyala/fastjson"
)

// maxPooledBytes is the largest value that is parsed with the Decoder's own
// parser, whose tree stays allocated; larger ones, which are rare, get a
// parser of their own, so that one of them does not hold its memory for ever.
const maxPooledBytes = 64 << 10

// text returns b as a string without copying: it is valid only as long as the
// parsed record, and whatever outlives that is copied (names.keep, hashing).
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// each calls f for every member of v in the order of the text, nothing if v is
// no object. Callers let a later member overwrite an earlier one of the same
// name: as in JavaScript, the last duplicate wins.
func each(v *fastjson.Value, f func(name string, v *fastjson.Value)) {
	if v == nil || v.Type() != fastjson.TypeObject {
		return
	}
	o, _ := v.Object()
	o.Visit(func(name []byte, v *fastjson.Value) { f(text(name), v) })
}

// member returns the last member of v with the name, nil if there is none.
func member(v *fastjson.Value, name string) *fastjson.Value {
	var found *fastjson.Value
	each(v, func(n string, v *fastjson.Value) {
		if n == name {
			found = v
		}
	})
	return found
}

// elements returns the elements of an array, nil if v is none.
func elements(v *fastjson.Value) []*fastjson.Value {
	if v == nil || v.Type() != fastjson.TypeArray {
		return nil
	}
	a, _ := v.Array()
	return a
}

func isObject(v *fastjson.Value) bool { return v != nil && v.Type() == fastjson.TypeObject }

// scalar returns the text of a string or a number; ok is false for all else.
func scalar(v *fastjson.Value) (s string, ok bool) {
	if v == nil {
		return "", false
	}
	switch v.Type() {
	case fastjson.TypeString:
		b, _ := v.StringBytes()
		return text(b), true
	case fastjson.TypeNumber:
		return plainNumber(text(v.MarshalTo(nil))), true
	default:
		return "", false
	}
}

// word returns the text of a string or number and "" for all else.
func word(v *fastjson.Value) string {
	s, _ := scalar(v)
	return s
}

// maxExponent bounds how far plainNumber writes an exponent out.
const maxExponent = 40

// plainNumber writes a JSON number without exponent and without a fraction of
// zeros, digit by digit: some producers write 12023095976 as 1.2023095976e10
// and 2138 as 2138.0. Nothing is rounded; what would get too long stays as it is.
func plainNumber(lit string) string {
	if !strings.ContainsAny(lit, ".eE") {
		return lit
	}
	mantissa, exp := lit, 0
	if i := strings.IndexAny(lit, "eE"); i >= 0 {
		mantissa = lit[:i]
		neg := lit[i+1] == '-'
		for _, c := range strings.TrimLeft(lit[i+1:], "+-") {
			if exp = exp*10 + int(c-'0'); exp > maxExponent {
				return lit
			}
		}
		if neg {
			exp = -exp
		}
	}
	sign := ""
	if mantissa[0] == '-' {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	point := len(whole) + exp
	if point <= 0 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	whole = strings.TrimLeft(digits[:point], "0")
	if whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(digits[point:], "0"); fraction != "" {
		return sign + whole + "." + fraction
	}
	return sign + whole
}

// wholeSurrogates returns value, which must be JSON, with every escaped half of
// a surrogate pair replaced by U+FFFD: a producer that cuts a name in the middle
// of an emoji writes such halves, and fastjson would keep the escape as text.
// A value without any, the usual case, is returned as it is.
func wholeSurrogates(value []byte) []byte {
	const escape = len(`\uXXXX`)
	if !bytes.Contains(value, []byte(`\ud`)) && !bytes.Contains(value, []byte(`\uD`)) {
		return value
	}
	value = bytes.Clone(value)
	for i := 0; i < len(value); {
		switch {
		case value[i] != '\\':
			i++
		case value[i+1] != 'u':
			i += len(`\n`)
		case !isSurrogate(value[i:], 0xD800):
			if isSurrogate(value[i:], 0xDC00) {
				copy(value[i:], `\ufffd`)
			}
			i += escape
		case isSurrogate(value[i+escape:], 0xDC00):
			i += 2 * escape
		default:
			copy(value[i:], `\ufffd`)
			i += escape
		}
	}
	return value
}

// isSurrogate reports whether b begins with an escape of the half of a
// surrogate pair that starts at first: 0xD800 or 0xDC00.
func isSurrogate(b []byte, first uint64) bool {
	if len(b) < len(`\uXXXX`) || b[0] != '\\' || b[1] != 'u' {
		return false
	}
	v, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return err == nil && v>>10 == first>>10
}
