package schema

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// SplitName takes a full name apart: the first name ends at the first white
// space, the last name begins after the last, as what stands between may belong
// to either. A single word is a first name. A hash cannot be split: it gives
// nothing (see LooksHashed for telling it from an empty name).
func SplitName(raw string) (first, last string) {
	s := strings.TrimSpace(raw)
	if LooksHashed(s) {
		return "", ""
	}
	i := strings.IndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return s, ""
	}
	j := strings.LastIndexFunc(s, unicode.IsSpace)
	_, size := utf8.DecodeRuneInString(s[j:])
	return s[:i], s[j+size:]
}

// normaliseName returns the letters of a name in lower case. Meta's guide asks
// for a–z and in the same breath for special characters in UTF-8; its examples
// keep é and 정, so every script stays.
func normaliseName(s string) (string, DropReason) {
	if text, ok := asciiName(s); ok {
		if text == "" {
			return "", DropInvalid
		}
		return text, ""
	}
	// NFC twice: dropping what stands between two letters can make them compose.
	s = norm.NFC.String(cases.Lower(language.Und).String(s))
	text := norm.NFC.String(lettersOf(s))
	if text == "" {
		return "", DropInvalid
	}
	return text, ""
}

// normaliseInitial returns the first letter of a name.
func normaliseInitial(s string) (string, DropReason) {
	text, reason := normaliseName(s)
	if reason != "" {
		return "", reason
	}
	_, size := utf8.DecodeRuneInString(text)
	return text[:size], ""
}

// asciiName is normaliseName for ASCII; it does not copy a name that is in its
// normal form. ok is false for others.
func asciiName(s string) (text string, ok bool) {
	normal := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return "", false
		}
		normal = normal && 'a' <= s[i] && s[i] <= 'z'
	}
	if normal {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z':
			b = append(b, c)
		case 'A' <= c && c <= 'Z':
			b = append(b, c+'a'-'A')
		}
	}
	return string(b), true
}

// lettersOf returns the letters of s and the marks that belong to them.
func lettersOf(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	afterLetter := false
	for _, r := range s {
		afterLetter = unicode.IsLetter(r) && !isApostropheLetter(r) || afterLetter && unicode.IsMark(r)
		if afterLetter {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isApostropheLetter knows the letters that are typed for, and look like, an
// apostrophe: ʹ ʺ ʻ ʼ ʽ. Наталʼя and Натал'я are one name.
func isApostropheLetter(r rune) bool { return 'ʹ' <= r && r <= 'ʽ' }
