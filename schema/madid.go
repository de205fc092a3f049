package schema

import (
	"github.com/google/uuid"
)

// uuidTextLen is the length of a UUID with its hyphens.
const uuidTextLen = 36

// normaliseMADID returns a mobile advertiser id (IDFA, AAID). Facebook takes
// these as they are, in lower case and with hyphens, so a hashed one is of no
// use. All zeros is what a system reports for a person who limits tracking.
func normaliseMADID(s string) (Normalised, DropReason) {
	if LooksHashed(s) {
		return Normalised{}, DropNotHashable
	}
	if len(s) != uuidTextLen { // uuid.Parse knows other forms; Facebook does not
		return Normalised{}, DropInvalid
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return Normalised{}, DropInvalid
	}
	if id == uuid.Nil {
		return Normalised{}, DropZeroID
	}
	return Normalised{Text: id.String(), Value: id[:]}, ""
}
