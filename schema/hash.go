package schema

import (
	"crypto/sha256"
	"encoding/hex"
)

// emptyDigest is SHA-256 of nothing. Peers hash blank values to it; it would
// match whoever else made that mistake, so it is never sent.
var emptyDigest = sha256.Sum256(nil)

// digest returns SHA-256 of the text.
func digest(text string) [sha256.Size]byte {
	var buf [128]byte // spares the copy of text on the heap
	return sha256.Sum256(append(buf[:0], text...))
}

// LooksHashed reports whether s has the form of a hash in hex: of MD5, SHA-1,
// SHA-256 or SHA-512. Where a value must be taken apart (a full name, a whole
// date) such a one is of no use: DropNotHashable.
func LooksHashed(s string) bool {
	switch len(s) {
	case 32, 40, 64, 128:
	default:
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// parseDigest takes s as a hash given instead of a value of k. It reports
// whether s is of such a form at all, and why it cannot be used if so.
func parseDigest(k Key, s string) (value []byte, reason DropReason, is bool) {
	if !LooksHashed(s) {
		return nil, "", false
	}
	if len(s) != hex.EncodedLen(sha256.Size) {
		return nil, DropWrongHash, true
	}
	value, err := hex.DecodeString(s)
	if err != nil {
		return nil, DropInvalid, true
	}
	sum := [sha256.Size]byte(value)
	if sum == emptyDigest {
		return nil, DropHashOfEmpty, true
	}
	if c, ok := codes.byDigest[sum]; ok && isCode(k, c) {
		return codes.forms[c].text, "", true
	}
	return value, "", true
}
