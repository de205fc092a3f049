package schema

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestReservedKeys: each kind of key comes back as it was, and is taken for no other kind,
// least of all for a member's.
func TestReservedKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := Erasure{AtMs: rapid.Int64Range(1, math.MaxInt64).Draw(t, "at")}
		copy(e.User[:], rapid.SliceOfN(rapid.Byte(), UserKeySize, UserKeySize).Draw(t, "user"))
		account := rapid.StringMatching(`[0-9]{1,17}`).Draw(t, "account")
		erasure, state := e.Key(), AccountErasureKey(account, e)
		gone := AccountRemovalKey(account, e)
		if got, ok := ParseErasureKey(erasure); !ok || got != e {
			t.Errorf("erasure %v comes back as %v", e, got)
		}
		if of, got, err := ParseAccountErasureKey(state); err != nil || got != e || of != account {
			t.Errorf("erasure %v in %s comes back as %v in %s: %v", e, account, got, of, err)
		}
		if !bytes.HasPrefix(state, AccountErasurePrefix(account)) || !bytes.HasPrefix(state, AccountErasurePrefix("")) {
			t.Error("a state without its prefix")
		}
		for what, key := range map[string][]byte{"erasure": erasure, "state": state, "removal": gone} {
			if !Reserved(key) {
				t.Errorf("key of %s is not reserved", what)
			}
			if _, _, err := ParseMemberKey(key); err == nil {
				t.Errorf("key of %s is a member's", what)
			}
			if IsAccountRemovalKey(key) != (what == "removal") {
				t.Errorf("key of %s is a removal's, or a removal's is none", what)
			}
			if _, ok := ParseErasureKey(key); ok && what == "removal" {
				t.Errorf("key of %s is an erasure's", what)
			}
		}
		if member := MemberKey("\x01"+account, e.User); Reserved(member) {
			t.Error("a member's key is reserved")
		}
	})
}

// TestOldestErasureFirst: in the order of keys.
func TestOldestErasureFirst(t *testing.T) {
	t.Parallel()
	early, late := Erasure{UserKey{0xff}, 1000}, Erasure{UserKey{}, 1001}
	if bytes.Compare(AccountErasureKey("1", early), AccountErasureKey("1", late)) >= 0 {
		t.Error("an older erasure comes later")
	}
	if early.Partition(1) != 0 {
		t.Error("no partition of one")
	}
}
