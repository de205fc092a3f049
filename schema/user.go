package schema

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

// UserKeySize is the length of a UserKey in bytes.
const UserKeySize = 16

// UserKey stands for a user wherever Muster stores or sends one: the first 16
// bytes of HMAC-SHA256 of the user's id under the installation's secret (I8).
// Whoever has the secret can find a user's key; nobody can go back.
type UserKey [UserKeySize]byte

// shortKey is how many bytes of a user key name it in a dead letter.
const shortKey = 8

// Short returns the beginning of the key in hex, by which a dead letter names it.
func (k UserKey) Short() string { return hex.EncodeToString(k[:shortKey]) }

// UserKeyer makes user keys. It is not safe for concurrent use.
type UserKeyer struct {
	mac hash.Hash
	sum [sha256.Size]byte
}

// NewUserKeyer returns a UserKeyer for the secret.
func NewUserKeyer(secret []byte) *UserKeyer {
	return &UserKeyer{mac: hmac.New(sha256.New, secret)}
}

// Key returns the key of the user with this id ("u123", "anon:…", "row:…").
func (u *UserKeyer) Key(id string) UserKey {
	u.mac.Reset()
	u.mac.Write([]byte(id)) // hash.Hash never returns an error
	return UserKey(u.mac.Sum(u.sum[:0])[:UserKeySize])
}

// Short names a record's key in a dead letter: where it is a user's id, by the
// beginning of the user's key. "" for a record without a key.
func (u *UserKeyer) Short(key []byte) string {
	if key == nil {
		return ""
	}
	return u.Key(string(key)).Short()
}
