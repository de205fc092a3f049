package graphtest

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Outcome is how a request ended.
type Outcome string

// Outcomes.
const (
	InFlight  Outcome = "in_flight"
	Answered  Outcome = "answered"
	Reset     Outcome = "reset"     // the emulator cut the connection
	Abandoned Outcome = "abandoned" // the client went away first
)

// Entry is one request. It holds no token and no value of a row.
type Entry struct {
	Seq      int64     `json:"seq"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end,omitzero"`     // just before the answer is written
	Applied  time.Time `json:"applied,omitzero"` // when its rows took effect
	Client   string    `json:"client,omitempty"`
	Method   string    `json:"method"` // after the method override
	Path     string    `json:"path"`   // without query
	Op       Op        `json:"op"`
	Account  string    `json:"account,omitempty"`
	Audience string    `json:"audience,omitempty"`
	Rows     int       `json:"rows,omitempty"`    // received
	Invalid  int       `json:"invalid,omitempty"` // of them refused
	Status   int       `json:"status,omitempty"`
	Code     int       `json:"code,omitempty"` // of the error
	Subcode  int       `json:"subcode,omitempty"`
	Fault    Kind      `json:"fault,omitempty"`
	Outcome  Outcome   `json:"outcome"`
}

// journal remembers the newest requests.
type journal struct {
	entries []*Entry // by Seq, without gaps
	live    map[int64]*inflight
	seq     int64
	max     int
}

// inflight is a request that is not answered yet.
type inflight struct {
	entry *Entry
	// overlaps are violations by requests that came meanwhile. They count only if
	// this client was still waiting then: over a network the emulator hears of a
	// client's leaving a moment late.
	overlaps []Violation
}

// leavingGrace is how late the emulator may hear that a client went away.
const leavingGrace = 500 * time.Millisecond

func (j *journal) begin(e *Entry) {
	j.seq++
	e.Seq, e.Outcome = j.seq, InFlight
	j.live[e.Seq] = &inflight{entry: e}
	j.entries = append(j.entries, e)
	if len(j.entries) > 2*j.max {
		j.entries = append([]*Entry(nil), j.entries[len(j.entries)-j.max:]...)
	}
}

// end closes an entry and returns the overlaps that count.
func (j *journal) end(e *Entry, outcome Outcome) []Violation {
	e.End, e.Outcome = time.Now(), outcome
	live := j.live[e.Seq]
	delete(j.live, e.Seq)
	if live == nil {
		return nil
	}
	return slices.DeleteFunc(live.overlaps, func(v Violation) bool {
		return outcome == Abandoned && e.End.Sub(v.Time) < leavingGrace
	})
}

// applied marks when the rows of a request took effect.
func (j *journal) applied(seq int64, at time.Time) {
	if len(j.entries) == 0 {
		return
	}
	if i := seq - j.entries[0].Seq; i >= 0 && i < int64(len(j.entries)) {
		j.entries[i].Applied = at
	}
}

// Journal lists the requests, oldest first.
func (s *Server) Journal() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleAll(time.Now())
	from := max(0, len(s.journal.entries)-s.journal.max)
	list := make([]Entry, 0, len(s.journal.entries)-from)
	for _, e := range s.journal.entries[from:] {
		list = append(list, *e)
	}
	return list
}

// InFlight lists the requests that are not answered yet, oldest first.
func (s *Server) InFlight() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Entry
	for live := range maps.Values(s.journal.live) {
		list = append(list, *live.entry)
	}
	slices.SortFunc(list, func(a, b Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	return list
}
