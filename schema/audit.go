package schema

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Audit is one step of an erasure, as the topic of audits has it: JSON, so that it
// can be read for as long as it is kept. It holds no value and no hash of one
// (I8); the user is the one of the changelogs. After a crash a step may stand
// there twice.
type Audit struct {
	At           time.Time `json:"at"` // when it happened
	Step         string    `json:"step"`
	User         string    `json:"user"` // user key, hex
	Installation string    `json:"installation"`
	// Of AuditRequested: up to when what was said is forgotten, how many values of
	// identifiers and traits were, and how many audiences are told of it.
	ErasedAt  time.Time `json:"erased_at,omitzero"`
	Values    int64     `json:"values,omitzero"`
	Audiences int64     `json:"audiences,omitzero"`
	// Of all other steps: the audience, or the ad account where it is of all audiences
	// there, and how many rows of it.
	Audience string `json:"audience,omitempty"`
	Account  string `json:"account,omitempty"`
	Rows     int64  `json:"rows,omitzero"`
}

// The steps of an erasure.
const (
	AuditRequested   = "requested"    // the profile is emptied, the audiences are told
	AuditRemoved     = "removed"      // Facebook has confirmed that the user's rows are gone from the audience
	AuditNothingHeld = "nothing_held" // there was none of the user alone: never sent, shared with another user, or the audience is gone
	AuditRefused     = "refused"      // Facebook refuses to remove them for now; it is tried again
	AuditForgotten   = "forgotten"    // a person had the audience forgotten before they were removed: Facebook may hold them
	AuditReturned    = "returned"     // the same rows were said of the user again before they were removed
	// Of ad accounts, with erase.scope account only.
	AuditNothingKnown = "nothing_known" // there was nothing by which Facebook could find the person: no ad account is asked
	AuditCalledOff    = "called_off"    // the configuration does not ask for it any more: Facebook was not asked, or its answer is not known
)

// Encode returns the record's key, the user, and its value.
func (a *Audit) Encode(user UserKey) (key, value []byte) {
	a.User = hex.EncodeToString(user[:])
	value, err := json.Marshal(a)
	if err != nil {
		panic(fmt.Sprintf("encode audit: %v", err)) // plain fields always encode
	}
	return []byte(a.User), value
}
