package schema

import (
	"bytes"
	"testing"
)

// FuzzMemberKey: what is parsed is what makes the same key, and nothing panics.
func FuzzMemberKey(f *testing.F) {
	f.Add(MemberKey("shoppers", UserKey{1, 2, 3}))
	f.Add([]byte("shoppers"))
	f.Add(append([]byte("a\x00"), bytes.Repeat([]byte{0}, UserKeySize)...))
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, key []byte) {
		audience, user, err := ParseMemberKey(key)
		if err != nil {
			return
		}
		if again := MemberKey(audience, user); !bytes.Equal(again, key) {
			t.Errorf("%x is parsed, and made again as %x", key, again)
		}
	})
}
