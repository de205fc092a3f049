package membership

import (
	"slices"

	"muster/schema/musterpb"
)

// erase empties the profile. moment is the latest of the erasure's record time
// and event time. Everything the profile holds is covered, later stamps too, as
// a producer's clock may run ahead; only later events build a new profile.
//
// A moment at or before erased-at is an erasure that was applied already, or
// was overtaken by a later one: what is there now was said after it (I1).
//
// The audiences stay, emptied, until the emissions that tell the uploader are
// known to be acknowledged; see forget.
func (m *merge) erase(moment int64) {
	if moment <= m.p.ErasedAtMs {
		return
	}
	at := max(moment, latest(m.p))
	erasure, rows, audiences := m.toTell(), m.rowsToTell(), m.p.Memberships
	for i, a := range audiences {
		audiences[i] = &musterpb.Membership{Audience: a.Audience, TimeMs: at}
	}
	*m.p = musterpb.Profile{Memberships: audiences, ErasedAtMs: at, Erasure: erasure, ErasedRows: rows}
	m.erased = true
	m.changed()
}

// forgotten reports whether a membership is only the trace of an erased one.
func forgotten(p *musterpb.Profile, a *musterpb.Membership) bool { return a.TimeMs <= p.ErasedAtMs }

// suppressed reports whether an event says something of a user who is erased for
// good: one of whom the profile holds nothing that is later. (It does if the user
// was erased and came back while Options.Suppress was off; such a user's exits,
// for one, must go on counting.)
func (m *merge) suppressed() bool {
	return m.suppress && m.p.ErasedAtMs > 0 && latest(m.p) == m.p.ErasedAtMs
}

// forget removes what an erasure left to be told, the audiences and what is for
// the audit and for ad accounts, and reports whether there was anything.
func forget(p *musterpb.Profile) bool {
	n := len(p.Memberships)
	if p.Erasure != nil || p.ErasedRows != nil {
		n, p.Erasure, p.ErasedRows = -1, nil, nil
	}
	p.Memberships = slices.DeleteFunc(p.Memberships, func(a *musterpb.Membership) bool { return forgotten(p, a) })
	return len(p.Memberships) != n
}
