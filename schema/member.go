package schema

import (
	"bytes"
	"fmt"

	"github.com/cespare/xxhash/v2"
)

// MemberKey returns the key of (audience, user) in muster.members and
// muster.uploads: audience, NUL, user key. An audience never holds a NUL.
func MemberKey(audience string, user UserKey) []byte {
	b := make([]byte, 0, len(audience)+1+UserKeySize)
	b = append(b, audience...)
	b = append(b, 0)
	return append(b, user[:]...)
}

// ParseMemberKey takes a MemberKey apart.
func ParseMemberKey(key []byte) (audience string, user UserKey, err error) {
	i := bytes.IndexByte(key, 0)
	if i <= 0 || len(key) != i+1+UserKeySize {
		return "", UserKey{}, fmt.Errorf("parse member key of %d bytes: not audience, NUL, %d-byte user key", len(key), UserKeySize)
	}
	return string(key[:i]), UserKey(key[i+1:]), nil
}

// AudiencePartition returns the partition of an audience among n: all of an
// audience's members meet in one task of the uploader.
func AudiencePartition(audience string, n int) int {
	return int(xxhash.Sum64String(audience) % uint64(n))
}
