package graphtest

import "time"

// maxReplace is the size from which an audience cannot be replaced.
const maxReplace = 100_000_000

// replacement is a running /usersreplace: rows gather aside and take the place of the old
// ones when the last batch was processed.
type replacement struct {
	session *session
	lines   *lines
	people  map[int32]struct{}
	rows    []packed
	fails   bool // in the end, half done
}

// usersReplace answers POST /{audience}/usersreplace.
func (s *Server) usersReplace(c *call) (any, *graphError) {
	a, p := c.audience, c.payload
	if err := s.acceptable(c); err != nil {
		return nil, err
	}
	b, err := readBatch(c.params)
	switch {
	case err != nil:
		return nil, err
	case b == nil:
		return nil, errParam("session")
	case b.total >= maxReplace || s.matched(a) >= maxReplace:
		return nil, errTooManyPeople()
	}
	if err := s.beginReplacement(c, b); err != nil {
		return nil, err
	}
	ses, err := s.openSession(c, b)
	if err != nil {
		return nil, err
	}
	ses.take(p, b, c.now)
	r := a.replace
	r.session = ses
	r.rows = append(r.rows, p.rows...)
	r.fails = r.fails || c.fault != nil && c.fault.Kind == ReplaceFails
	s.insert(r.lines, r.people, a.account, operation{rows: p.rows, due: c.now})
	if b.last {
		s.accept(c)
		c.due = c.due.Add(s.opts.ReplaceDelay)
		a.source, a.sourceOp = p.source, true
		a.invalid = float64(ses.invalid) / float64(ses.received)
		a.enqueue(operation{seq: c.entry.Seq, op: OpReplace, due: c.due, final: r})
		s.settle(a, c.now)
	}
	return received(a.id, p, ses), nil
}

// beginReplacement lets batch 1 of a new session start a replacement and refuses what
// belongs to none.
func (s *Server) beginReplacement(c *call, b *batch) *graphError {
	a, known := c.audience, c.account.sessions[b.session]
	switch {
	case known != nil && (known.op != OpReplace || known.audience != a || known.closed || s.overdue(known, c.now)):
		return nil // openSession says what is wrong
	case a.replace != nil && (a.replace.session.id != b.session || b.seq == 1):
		return errReplaceInProgress()
	case a.replace != nil:
		return nil
	case b.seq != 1:
		return errFirstBatchMissing()
	}
	a.replace = &replacement{lines: newLines(), people: make(map[int32]struct{})}
	a.failed = false
	return nil
}

// finishReplacement puts the rows that arrived in the place of the old ones. What one
// leaves that fails is not documented ("not fully updated"): here the worst, half of the
// new rows and none of the old.
func (s *Server) finishReplacement(a *audience, r *replacement, due time.Time) {
	a.replace, a.failed = nil, r.fails
	if !r.fails {
		a.lines, a.people = r.lines, r.people
		return
	}
	a.lines, a.people = newLines(), make(map[int32]struct{})
	s.insert(a.lines, a.people, a.account, operation{rows: r.rows[:len(r.rows)/2], due: due})
}

// expireReplacement ends a replacement whose time is over. Meta says that what arrived is
// kept; the old rows stay as well, since nothing took their place.
func (s *Server) expireReplacement(a *audience, now time.Time) {
	r := a.replace
	if r == nil || r.session == nil || r.session.closed || !s.overdue(r.session, now) {
		return
	}
	end := r.session.started.Add(s.opts.SessionTTL)
	s.insert(a.lines, a.people, a.account, operation{rows: r.rows, due: end})
	a.replace, a.failed, a.filled, a.sourceOp = nil, true, end, true
}
