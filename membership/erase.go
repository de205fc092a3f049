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
	audiences := m.p.Memberships
	for i, a := range audiences {
		audiences[i] = &musterpb.Membership{Audience: a.Audience, TimeMs: at}
	}
	*m.p = musterpb.Profile{Memberships: audiences, ErasedAtMs: at}
	m.erased = true
	m.changed()
}

// forgotten reports whether a membership is only the trace of an erased one.
func forgotten(p *musterpb.Profile, a *musterpb.Membership) bool { return a.TimeMs <= p.ErasedAtMs }

// forget removes the audiences that an erasure left, and reports whether there
// were any.
func forget(p *musterpb.Profile) bool {
	n := len(p.Memberships)
	p.Memberships = slices.DeleteFunc(p.Memberships, func(a *musterpb.Membership) bool { return forgotten(p, a) })
	return len(p.Memberships) != n
}
