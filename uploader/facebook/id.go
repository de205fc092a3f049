package facebook

import (
	"fmt"
	"strings"
)

// maxIDDigits bounds what is taken as an id. Ids of 15 to 18 digits are seen
// today; they are text because Facebook sends them as text and because they
// pass 2^53, where JSON numbers lose digits.
const maxIDDigits = 32

// AudienceID is the numeric id that Facebook gave a custom audience.
type AudienceID string

// AccountID is the numeric id of an ad account, without "act_".
type AccountID string

// ParseAudienceID takes an id of decimal digits.
func ParseAudienceID(s string) (AudienceID, error) {
	if !digits(s) {
		return "", fmt.Errorf("audience id %q: want 1 to %d digits", clip(s), maxIDDigits)
	}
	return AudienceID(s), nil
}

// ParseAccountID takes an ad account's id with or without "act_".
func ParseAccountID(s string) (AccountID, error) {
	bare := strings.TrimPrefix(s, "act_")
	if !digits(bare) {
		return "", fmt.Errorf("ad account id %q: want 1 to %d digits, with or without act_", clip(s), maxIDDigits)
	}
	return AccountID(bare), nil
}

// Node is the account's name in Graph paths: "act_" and the digits.
func (a AccountID) Node() string { return "act_" + strings.TrimPrefix(string(a), "act_") }

func digits(s string) bool {
	if s == "" || len(s) > maxIDDigits {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// clip keeps a mistaken id readable in an error without letting it grow.
func clip(s string) string {
	if len(s) > maxIDDigits {
		return s[:maxIDDigits] + "…"
	}
	return s
}
