package schema

import "strings"

// normaliseGender returns m or f. Facebook knows no other; whatever else is
// said is left out rather than guessed at.
func normaliseGender(s string) (string, DropReason) {
	switch strings.ToLower(s) {
	case "m", "male", "man":
		return "m", ""
	case "f", "female", "woman":
		return "f", ""
	default:
		return "", DropUnknownValue
	}
}
