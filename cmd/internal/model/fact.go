package model

// Facebook's names of the keys that take several values per user.
const (
	email = "EMAIL"
	phone = "PHONE"
	madid = "MADID"
)

// Where in an event a value of such a key stands. Each place is forgotten and
// replaced by itself.
const (
	fromTrait      = "trait"
	fromExternalID = "external_id"
	fromDevice     = "device"
)

// Fact is the meaning of one event.
type Fact struct {
	User string // u000123, anon:a000123, row:…
	At   int64  // event time, milliseconds since the Unix epoch

	Erase   bool            // of all that was said until At
	In      map[string]bool // audience → in or out
	Single  map[string]string
	Said    []Said
	NoTrack []string // platforms whose mobile ids of before At are void
}

// Said is what one place of an event says of a key of several values.
type Said struct {
	Key, Place, Platform string
	Replace              bool // the values are all that this place says
	Values               []string
}

// IgnoredKind is the type of an event that says nothing.
type IgnoredKind string

// Reason says why a record is no event: the name used in the dead-letter topic.
type Reason string

// The reasons that a stream holds examples of.
const (
	NotJSON       Reason = "not_json"
	TooLarge      Reason = "too_large"
	NotAnEvent    Reason = "not_an_event"
	NoUser        Reason = "no_user"
	UserNotKey    Reason = "user_not_key"
	NoAudience    Reason = "no_audience"
	BadMembership Reason = "bad_membership"
	BadBatch      Reason = "bad_batch"
	BadRecord     Reason = "bad_record"
	NotKeyed      Reason = "not_keyed"
)
