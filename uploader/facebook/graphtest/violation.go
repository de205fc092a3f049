package graphtest

import (
	"slices"
	"time"
)

// ViolationKind is something that a right client never does.
type ViolationKind string

// Violations. Facebook itself tolerates many of them, some to the client's harm.
const (
	HashOfEmpty          ViolationKind = "hash_of_empty"          // SHA-256 of "" was sent
	NotHashed            ViolationKind = "not_hashed"             // not 64 lower-case hex digits
	BadMADID             ViolationKind = "bad_madid"              // hashed, upper case, or no id
	BadValue             ViolationKind = "bad_value"              // LOOKALIKE_VALUE is no number ≥ 0
	ValueUnasked         ViolationKind = "value_unasked"          // LOOKALIKE_VALUE for an audience that is not value-based
	BlankExternID        ViolationKind = "blank_extern_id"        // makes the row invalid
	EmptyRow             ViolationKind = "empty_row"              // nothing that identifies
	BlankColumn          ViolationKind = "blank_column"           // a key no row has
	RepeatedKey          ViolationKind = "repeated_key"           // twice in the schema
	StringSchema         ViolationKind = "string_schema"          // locks the audience to single keys
	RowShape             ViolationKind = "row_shape"              // payload not understood
	TooManyRows          ViolationKind = "too_many_rows"          // over MaxRows
	TokenInURL           ViolationKind = "token_in_url"           // of an account or audience call
	Overlap              ViolationKind = "overlap"                // two writes in flight on one audience
	OppositeInFlight     ViolationKind = "opposite_in_flight"     // … that undo one another
	OppositeAfterUnknown ViolationKind = "opposite_after_unknown" // see Options.UnknownAnswerWindow
	DuplicateMarker      ViolationKind = "duplicate_marker"       // created twice with one description
	WhileThrottled       ViolationKind = "while_throttled"        // before the time it was told
	OldVersion           ViolationKind = "old_version"            // expired API version
)

// Violation is one such thing. It holds no token and no value of a row.
type Violation struct {
	Seq      int64         `json:"seq"` // of the request, as in the journal
	Time     time.Time     `json:"time"`
	Kind     ViolationKind `json:"kind"`
	Op       Op            `json:"op"`
	Audience string        `json:"audience,omitempty"`
	Client   string        `json:"client,omitempty"`
	Detail   string        `json:"detail,omitempty"`
}

// maxViolations bounds what is listed; all are counted.
const maxViolations = 10_000

// Violations lists what clients did that they should not do, oldest first, the first 10,000;
// [Stats] counts all.
func (s *Server) Violations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

func (s *Server) violate(e *Entry, kind ViolationKind, detail string) {
	s.note(newViolation(e, kind, detail))
}

func (s *Server) note(v Violation) {
	s.tally.violations[v.Kind]++
	if len(s.violations) < maxViolations {
		s.violations = append(s.violations, v)
	}
}

func newViolation(e *Entry, kind ViolationKind, detail string) Violation {
	return Violation{Seq: e.Seq, Time: time.Now(), Kind: kind, Op: e.Op, Audience: e.Audience, Client: e.Client, Detail: detail}
}
