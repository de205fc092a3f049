package config

import (
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// Nearest is the one of candidates that name was most likely meant to be, ""
// if none: up to three letters wrong, fewer in short words.
func Nearest(name string, candidates []string) string {
	best, least := "", 4
	name = strings.ToLower(name)
	letters := utf8.RuneCountInString(name)
	for _, c := range candidates {
		if more := letters - utf8.RuneCountInString(c); more >= least || -more >= least {
			continue // each letter too many is one wrong
		}
		d := levenshtein.Distance(name, strings.ToLower(c), nil)
		if d < least && d < min(len(name), len(c)) && d <= max(2, len(name)/2) {
			best, least = c, d
		}
	}
	return best
}

func suggest(name string, candidates []string) string {
	if n := Nearest(name, candidates); n != "" {
		return "did you mean " + n + "?"
	}
	return ""
}
