package schema

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// latinFolds are the Latin letters that do not come apart into a base letter
// and an accent.
var latinFolds = map[rune]string{
	'ł': "l", 'ø': "o", 'ß': "ss", 'æ': "ae", 'œ': "oe",
	'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i",
}

// normaliseCity returns a city's name in a–z: Meta's guide allows no special
// characters there. A name in another script leaves nothing and is absent.
func normaliseCity(s string) (string, DropReason) {
	text := string(appendLatin(make([]byte, 0, len(s)), s, nil))
	if text == "" {
		return "", DropInvalid
	}
	return text, ""
}

// appendLatin appends the letters of s, folded to a–z. What folds to nothing is
// dropped; where it is no accent but a gap between words, gap is appended.
func appendLatin(dst []byte, s string, gap []byte) []byte {
	ascii := true
	for i := 0; ascii && i < len(s); i++ {
		ascii = s[i] < utf8.RuneSelf
	}
	if !ascii {
		s = norm.NFD.String(strings.ToLower(s))
	}
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z':
			dst = append(dst, byte(r))
		case 'A' <= r && r <= 'Z':
			dst = append(dst, byte(r-'A'+'a'))
		case r < utf8.RuneSelf:
			dst = append(dst, gap...)
		default:
			dst = append(dst, latinFolds[r]...)
		}
	}
	return dst
}
