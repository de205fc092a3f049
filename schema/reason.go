package schema

// DeadLetterReason says why a record could not be used. The list is closed:
// metrics, the dead-letter topic and the documentation know just these.
type DeadLetterReason string

// The reasons for a dead letter.
const (
	NotJSON         DeadLetterReason = "not_json"
	TooLarge        DeadLetterReason = "too_large"
	NotAnEvent      DeadLetterReason = "not_an_event"
	NoUser          DeadLetterReason = "no_user"
	UserNotKey      DeadLetterReason = "user_not_key"
	NoAudience      DeadLetterReason = "no_audience"
	BadMembership   DeadLetterReason = "bad_membership"
	BadBatch        DeadLetterReason = "bad_batch"
	BadRecord       DeadLetterReason = "bad_record"
	NotKeyed        DeadLetterReason = "not_keyed"
	ProfileTooLarge DeadLetterReason = "profile_too_large"
)

// DropReason says why one trait of a usable event was left out. The list is
// closed, as above.
type DropReason string

// The reasons for dropping a trait.
const (
	DropEmpty          DropReason = "empty"
	DropInvalid        DropReason = "invalid"
	DropOutOfRange     DropReason = "out_of_range"
	DropUnknownValue   DropReason = "unknown_value"
	DropWrongHash      DropReason = "wrong_hash"
	DropHashOfEmpty    DropReason = "hash_of_empty"
	DropNotHashable    DropReason = "not_hashable"
	DropTrackingOff    DropReason = "tracking_off"
	DropZeroID         DropReason = "zero_id"
	DropOverCap        DropReason = "over_cap"
	DropUnsupportedKey DropReason = "unsupported_key"
)
