package schema

import "cmp"

// Stamp orders what events say: by event time, then by tie-break. The zero
// Stamp is older than every event. State is last-writer-wins by stamp (I1).
type Stamp struct {
	TimeMs int64  // event time, milliseconds since the Unix epoch
	Tie    uint64 // hash of messageId, else of the record's coordinates
}

// Compare returns -1, 0 or +1 as s is older than, the same as, or newer than o.
func (s Stamp) Compare(o Stamp) int {
	if c := cmp.Compare(s.TimeMs, o.TimeMs); c != 0 {
		return c
	}
	return cmp.Compare(s.Tie, o.Tie)
}
