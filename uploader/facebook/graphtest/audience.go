package graphtest

import (
	"slices"
	"sort"
	"time"
)

// operation status and delivery status codes (Meta, Custom Audience reference).
const (
	statusNormal     = 200
	statusNoUpload   = 410
	statusInvalid    = 412
	statusReplacing  = 414
	statusReplaceBad = 415
	statusPopulating = 441
	statusFlagged    = 471

	deliveryReady = 200
	deliverySmall = 300

	minDelivery = 100 // people below which an audience is not delivered to
)

// audience is a custom audience.
type audience struct {
	id         string
	account    *account
	fields     map[string]string // name, description, subtype, customer_file_source, …
	labels     []string
	valueBased bool
	created    time.Time
	changed    time.Time // metadata
	filled     time.Time // members
	deleted    bool
	hidden     bool // from everybody, for a while
	flagged    bool
	lookalikes []string
	source     string // data source it is locked to
	sourceOp   bool   // rows were ever accepted

	lines   *lines
	people  map[int32]struct{}
	pending []operation
	floor   time.Time // nothing new is applied before this: it was answered already
	unknown []unknownAnswer
	invalid float64 // share of invalid entries in the last upload
	replace *replacement
	failed  bool // the last replacement
}

// operation is an accepted change of members that waits to be applied.
type operation struct {
	seq   int64
	op    Op
	rows  []packed
	due   time.Time
	final *replacement // for the end of a replacement
}

// unknownAnswer is an operation whose answer never reached the client.
type unknownAnswer struct {
	op     Op
	at     time.Time
	client string
}

// enqueue puts an operation in order: by due time, then by arrival.
func (a *audience) enqueue(o operation) {
	i := sort.Search(len(a.pending), func(i int) bool { return a.pending[i].due.After(o.due) })
	a.pending = slices.Insert(a.pending, i, o)
}

// settle applies what is due. The emulator has no goroutines: whoever looks at an
// audience settles it first.
func (s *Server) settle(a *audience, now time.Time) {
	for len(a.pending) > 0 && !a.pending[0].due.After(now) {
		o := a.pending[0]
		a.pending = a.pending[1:]
		s.apply(a, o)
		s.journal.applied(o.seq, o.due)
		a.filled = o.due
	}
	if len(a.pending) == 0 {
		a.pending = nil
	}
	s.expireReplacement(a, now)
}

func (s *Server) settleAll(now time.Time) {
	for _, a := range s.audiences {
		s.settle(a, now)
	}
}

// Settle applies everything that was accepted, due or not, as after a long wait.
func (s *Server) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.audiences {
		if n := len(a.pending); n > 0 {
			s.settle(a, a.pending[n-1].due)
		}
	}
}

func (s *Server) apply(a *audience, o operation) {
	switch {
	case o.final != nil:
		s.finishReplacement(a, o.final, o.due)
	case o.op == OpRemove || o.op == OpForget:
		for _, p := range o.rows {
			a.lines.remove(p)
			for i := range s.people.match(p, a.account.externs, o.due) {
				delete(a.people, i)
			}
		}
	default:
		s.insert(a.lines, a.people, a.account, o)
	}
}

func (s *Server) insert(l *lines, people map[int32]struct{}, acct *account, o operation) {
	for _, p := range o.rows {
		l.add(p)
		for i := range s.people.match(p, acct.externs, o.due) {
			people[i] = struct{}{}
		}
	}
}

// matched is the number of people in the audience; without a directory every line is one.
func (s *Server) matched(a *audience) int {
	if len(s.people.people) == 0 {
		return len(a.lines.rows)
	}
	return len(a.people)
}

// wouldRemove is the number of people that a removal of rows would take out.
func (s *Server) wouldRemove(a *audience, rows []packed, now time.Time) int {
	if len(s.people.people) == 0 {
		return a.lines.touched(rows)
	}
	hit := make(map[int32]struct{})
	for _, p := range rows {
		for i := range s.people.match(p, a.account.externs, now) {
			if _, ok := a.people[i]; ok {
				hit[i] = struct{}{}
			}
		}
	}
	return len(hit)
}

func (a *audience) operationStatus() int {
	switch {
	case a.flagged:
		return statusFlagged
	case a.replace != nil:
		return statusReplacing
	case a.failed:
		return statusReplaceBad
	case !a.sourceOp:
		return statusNoUpload
	case a.filled.IsZero():
		return statusPopulating
	case a.invalid > 0.5:
		return statusInvalid
	default:
		return statusNormal
	}
}
