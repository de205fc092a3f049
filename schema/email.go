package schema

import (
	"strings"
	"unicode"
)

// normaliseEmail lower-cases an address. Dots and "+tags" stay, as Meta says to
// trim and lower-case and no more; so do international domains, as they are
// written.
func normaliseEmail(s string) (string, DropReason) {
	at := strings.IndexByte(s, '@')
	if at <= 0 || strings.IndexByte(s[at+1:], '@') >= 0 || !hasInnerDot(s[at+1:]) {
		return "", DropInvalid
	}
	if strings.IndexFunc(s, unicode.IsSpace) >= 0 {
		return "", DropInvalid
	}
	return strings.ToLower(s), ""
}

// hasInnerDot reports whether a dot stands between two characters of domain.
func hasInnerDot(domain string) bool {
	return len(domain) > 2 && strings.IndexByte(domain[1:len(domain)-1], '.') >= 0
}
