package schema

// MaxValues is how many values of one many-valued key each source keeps, and
// how many the rows of one user use at the most, unless configured otherwise.
const MaxValues = 10

// Source says where in an event a value of a many-valued key came from.
type Source uint8

// The sources of emails, phones and mobile ids.
const (
	SourceTrait      Source = iota // traits, properties, context.traits
	SourceExternalID               // context.externalIds
	SourceDevice                   // context.device
)

// Platform is the system a mobile id belongs to.
type Platform uint8

// The platforms. Other is a mobile id of an unnamed platform (trait madid).
const (
	PlatformOther Platform = iota
	PlatformIOS
	PlatformAndroid
)

// Event is what one event says, ready to be merged: identifiers are already
// normalised and hashed, the user is already a key (I8).
type Event struct {
	// Type as in the event: identify, track, record, audiencelist, delete, …
	Type string
	User UserKey
	// ExternID is the user id byte for byte, only where the Decoder was asked
	// for it and the user is not anonymous.
	ExternID string
	Stamp    Stamp

	// Erase is set for a deletion of User and of AlsoErase (the anonymous user
	// of the same id). Nothing else is set then but Stamp.
	Erase     bool
	AlsoErase UserKey

	Memberships []Membership
	Registers   []RegisterUpdate
	Sets        []SetUpdate
	Values      []ValueUpdate
	TrackingOff []Platform
	Consents    []ConsentUpdate

	// Dropped are traits of this event that could not be used. No values.
	Dropped []Dropped
}

// Membership is what an event says of one audience.
type Membership struct {
	Audience    string
	In          bool
	Name        string // audience_name, if any
	Space       string
	Computation string
	FacebookID  string // existing Facebook audience that the event names
}

// RegisterUpdate sets one single-valued key; an empty Value clears it. Value is
// 32 bytes of SHA-256, or a code such as "us", "ca", "m", "1990", "01".
type RegisterUpdate struct {
	Key   Key
	Value []byte
}

// ValueUpdate sets what one value trait says, LOOKALIKE_VALUE as decimal text; an
// empty Value clears it.
type ValueUpdate struct {
	Trait string
	Value []byte
}

// SetUpdate adds Values to what one source says of a many-valued key, or with
// Replace makes them all it says.
type SetUpdate struct {
	Key      Key
	Source   Source
	Platform Platform
	Replace  bool
	Values   [][]byte // 32 bytes of SHA-256, or 16 bytes of a mobile id
}

// ConsentUpdate is what an event says of one consent category.
type ConsentUpdate struct {
	Category string
	Granted  bool
}

// Dropped is one trait that could not be used.
type Dropped struct {
	Key    Key
	Trait  string // where it stood: "traits.phone"
	Reason DropReason
}
