package uploader

import (
	"bytes"

	"muster/schema"
)

// shape is what the rows of an audience's requests carry beside the keys that
// members have. It is made when a request is encoded: stored rows have none of it.
type shape struct {
	// valueBased: every row has a LOOKALIKE_VALUE, in removals too, 0 where the member
	// has none. Facebook refuses rows without one; other audiences never get one.
	valueBased bool
}

// carries reports whether a column of the key is sent; used says that a row has a
// value of it.
func (s *shape) carries(k schema.Key, used bool) bool {
	if k == schema.LookalikeValue {
		return s.valueBased
	}
	return used
}

// appendValue appends a LOOKALIKE_VALUE as a JSON number. What is none is 0, as a
// value is that is not known.
func appendValue(dst, v []byte) []byte {
	whole, fraction, parted := bytes.Cut(v, []byte{'.'})
	zero := len(whole) > 1 && whole[0] == '0'
	if !digits(whole) || zero || parted && !digits(fraction) {
		return append(dst, '0')
	}
	return append(dst, v...)
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
