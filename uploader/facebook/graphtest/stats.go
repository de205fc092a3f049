package graphtest

import (
	"maps"
	"time"
)

// Stats counts what happened since the start.
type Stats struct {
	Requests    int                   `json:"requests"`
	ByOp        map[Op]int            `json:"by_op"`
	ByStatus    map[int]int           `json:"by_status"`    // 0: no answer
	RowsAdded   int                   `json:"rows_added"`   // accepted by /users and /usersreplace
	RowsRemoved int                   `json:"rows_removed"` // accepted by DELETE /users
	RowsInvalid int                   `json:"rows_invalid"`
	Audiences   int                   `json:"audiences"` // not deleted
	Lines       int                   `json:"lines"`     // in all audiences
	Pending     int                   `json:"pending"`   // operations accepted, not yet applied
	InFlight    int                   `json:"in_flight"`
	Faults      map[Kind]int          `json:"faults"`
	Violations  map[ViolationKind]int `json:"violations"`
}

// tally are the counters that outlive the journal.
type tally struct {
	requests, added, removed, invalid int
	byOp                              map[Op]int
	byStatus                          map[int]int
	violations                        map[ViolationKind]int
}

func (t *tally) count(c *call) {
	t.requests++
	t.byOp[c.op]++
	if p := c.payload; c.done && p != nil {
		t.invalid += p.invalid
		if c.op == OpRemove || c.op == OpForget {
			t.removed += len(p.rows)
		} else {
			t.added += len(p.rows)
		}
	}
}

// Stats sums up.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleAll(time.Now())
	st := Stats{
		Requests: s.tally.requests, ByOp: maps.Clone(s.tally.byOp), ByStatus: maps.Clone(s.tally.byStatus),
		RowsAdded: s.tally.added, RowsRemoved: s.tally.removed, RowsInvalid: s.tally.invalid,
		InFlight: len(s.journal.live), Faults: maps.Clone(s.fired), Violations: maps.Clone(s.tally.violations),
	}
	for _, a := range s.order {
		if !a.deleted {
			st.Audiences++
		}
		st.Lines += len(a.lines.rows)
		st.Pending += len(a.pending)
	}
	return st
}
