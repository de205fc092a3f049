package uploader

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// marker is the sign in the description of a Facebook audience by which an
// installation finds the audience it made for a key: the first 128 bits of
// SHA-256 of installation, NUL, key. Names would not do: they are not unique,
// people change them, and keys may be longer than a description.
type marker string

var markerForm = regexp.MustCompile(`\[muster:([0-9a-f]{32})\]`)

func markerOf(installation, key string) marker {
	sum := sha256.Sum256([]byte(installation + "\x00" + key))
	return marker(hex.EncodeToString(sum[:16]))
}

// describe returns the description of an audience: words for people and the
// marker, which stays whole and alone whatever the words say.
func describe(words, installation, key string) string {
	words = strings.ReplaceAll(words, "[muster:", "(muster:")
	return clip(words, maxWords) + " [muster:" + string(markerOf(installation, key)) + "]"
}

// markerIn returns the marker in a description, "" if there is none.
func markerIn(description string) marker {
	if m := markerForm.FindStringSubmatch(description); m != nil {
		return marker(m[1])
	}
	return ""
}

// clip cuts s to n characters.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
