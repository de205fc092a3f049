package schema

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Keys in muster.members and muster.uploads that begin with NUL are of no member and no
// audience, whose keys never do. The byte after it says of what:
//
//	NUL E user-key time          in muster.members: an erasure that is to reach ad accounts
//	NUL E account NUL time user-key   in muster.uploads: its state in one of them
//	NUL R account NUL time user-key   in muster.members: values that Facebook has removed
//	                             from all audiences of an ad account
const (
	reserved       = "\x00"
	reservedErased = reserved + "E"
	reservedGone   = reserved + "R"
)

// Reserved reports whether a key is of no member and no audience.
func Reserved(key []byte) bool { return strings.HasPrefix(string(key), reserved) }

// Erasure names one erasure of one user: the user, and the moment up to which what was
// said is forgotten, in milliseconds.
type Erasure struct {
	User UserKey
	AtMs int64
}

// Key returns the erasure's key in muster.members. Each erasure of a user has its own, so
// that the tombstone of one that is done never hides another that was not read yet.
func (e Erasure) Key() []byte {
	b := append([]byte(reservedErased), e.User[:]...)
	return binary.BigEndian.AppendUint64(b, uint64(e.AtMs))
}

// ParseErasureKey takes an Erasure.Key apart. ok is false for any other key.
func ParseErasureKey(key []byte) (e Erasure, ok bool) {
	rest, ok := strings.CutPrefix(string(key), reservedErased)
	if !ok || len(rest) != UserKeySize+8 {
		return Erasure{}, false
	}
	copy(e.User[:], rest)
	e.AtMs = int64(binary.BigEndian.Uint64([]byte(rest[UserKeySize:])))
	return e, true
}

// Partition returns the partition of the erasure among n: all of a user's meet in one
// task of the uploader, and those of many users spread over all.
func (e Erasure) Partition(n int) int { return AudiencePartition(string(e.User[:]), n) }

// AccountErasurePrefix is what the keys of all states of erasures in muster.uploads begin
// with, or of those in one ad account.
func AccountErasurePrefix(account string) []byte {
	if account == "" {
		return []byte(reservedErased)
	}
	return []byte(reservedErased + account + "\x00")
}

// AccountErasureKey returns the key in muster.uploads of the state of an erasure in an ad
// account, given by its digits. In their order the oldest erasure of an account is first.
func AccountErasureKey(account string, e Erasure) []byte {
	b := binary.BigEndian.AppendUint64(AccountErasurePrefix(account), uint64(e.AtMs))
	return append(b, e.User[:]...)
}

// ParseAccountErasureKey takes an AccountErasureKey apart.
func ParseAccountErasureKey(key []byte) (account string, e Erasure, err error) {
	rest, is := strings.CutPrefix(string(key), reservedErased)
	account, rest, found := strings.Cut(rest, "\x00")
	if !is || !found || account == "" || len(rest) != 8+UserKeySize {
		return "", Erasure{}, fmt.Errorf("parse key of %d bytes: not of an erasure in an ad account", len(key))
	}
	e.AtMs = int64(binary.BigEndian.Uint64([]byte(rest[:8])))
	copy(e.User[:], rest[8:])
	return account, e, nil
}

// AccountRemovalKey returns the key in muster.members of the values that Facebook has
// removed from all audiences of an ad account, named after the first of the erasures that
// they were removed for: said again, it is overwritten.
func AccountRemovalKey(account string, first Erasure) []byte {
	return append([]byte(reservedGone), AccountErasureKey(account, first)[len(reservedErased):]...)
}

// IsAccountRemovalKey reports whether a key is an AccountRemovalKey.
func IsAccountRemovalKey(key []byte) bool {
	rest, is := strings.CutPrefix(string(key), reservedGone)
	if !is {
		return false
	}
	_, _, err := ParseAccountErasureKey([]byte(reservedErased + rest))
	return err == nil
}
