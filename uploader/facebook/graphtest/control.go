package graphtest

import (
	"maps"
	"slices"
	"time"
)

// SetFlagged flags an audience for integrity, which blocks writes, or clears it.
func (s *Server) SetFlagged(id string, flagged bool) {
	s.alter(id, func(a *audience) { a.flagged = flagged })
}

// SetLookalikes names the lookalikes made from an audience, which block deleting it.
func (s *Server) SetLookalikes(id string, ids ...string) {
	s.alter(id, func(a *audience) { a.lookalikes = slices.Clone(ids) })
}

// SetHidden makes an audience answer like a deleted one, as when it is no longer shared, or
// lets it be seen again with all it holds. It reports whether there is one.
func (s *Server) SetHidden(id string, hidden bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.audiences[id]
	if a == nil {
		return false
	}
	a.hidden = hidden
	return true
}

// SetTOSAccepted signs or unsigns the terms of an account and reports whether there is one.
func (s *Server) SetTOSAccepted(account string, accepted bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[accountID(account)]
	if a == nil {
		return false
	}
	a.TOSNotAccepted = !accepted
	return true
}

// SetToken adds a token, or replaces the one with the same value.
func (s *Server) SetToken(t Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t = t.withDefaults(s.opts.Apps[0].ID)
	s.tokens[t.Value] = &t
}

// AddAudience makes an audience as if by hand in the Ads Manager, with the given fields
// (name, description, subtype, …), and returns its id.
func (s *Server) AddAudience(account string, fields map[string]string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	acct := s.accounts[accountID(account)]
	if acct == nil {
		panic("graphtest: add audience to unknown account " + account)
	}
	f := map[string]string{"subtype": "CUSTOM"}
	maps.Copy(f, fields)
	valueBased := f["is_value_based"] == "true"
	delete(f, "is_value_based")
	a := s.newAudience(acct, f, time.Now())
	a.valueBased = valueBased
	return a.id
}

// AddRows puts rows into an audience at once, as if uploaded long ago.
func (s *Server) AddRows(id string, rows ...Row) {
	o := operation{op: OpAdd, due: time.Now()}
	for _, r := range rows {
		p, err := pack(r)
		if err != nil {
			panic("graphtest: " + err.Error())
		}
		o.rows = append(o.rows, p)
	}
	s.alter(id, func(a *audience) {
		s.apply(a, o)
		a.source, a.sourceOp, a.filled = sourceArrays, true, o.due
	})
}

func (s *Server) alter(id string, change func(*audience)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.audiences[id]
	if a == nil {
		panic("graphtest: unknown audience " + id)
	}
	change(a)
}

// Delete deletes an audience as if by hand in the Ads Manager, and reports whether
// there was one.
func (s *Server) Delete(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.audiences[id]
	if a == nil || a.deleted {
		return false
	}
	s.drop(a)
	return true
}
