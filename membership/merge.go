package membership

import (
	"muster/schema"
	"muster/schema/musterpb"
)

// merge applies events to the profile of one user and notes what that changed.
// It is last-writer-wins by stamp everywhere, and every list of a profile has
// one fixed order, so that the same events make the same bytes in whatever
// order, grouping or number they come (I1). Reset before each user; not safe
// for concurrent use.
type merge struct {
	// maxValues is how many values a set keeps.
	maxValues int
	// externID keeps the user id; without it a stored one is dropped (I8).
	externID bool
	// suppress: nothing is taken in any more of a user who was erased.
	suppress bool
	// audits: erasures are to be told to the topic of audits.
	audits bool
	// known, where erasures are to reach ad accounts, returns all rows by which the user
	// of a profile can be found; else nil.
	known func(*musterpb.Profile) []*musterpb.Row

	p *musterpb.Profile
	// dirty: the profile changed, if only in a stamp.
	dirty bool
	// identity: identifiers or consent changed, or all was erased, so the rows of
	// every audience may have.
	identity bool
	// erased: an erasure was applied.
	erased bool
	// refused: an event of an erased user was not taken in.
	refused bool
	// touched are the audiences whose membership changed in more than its stamp.
	touched []touch
	// overCap counts values that were left out because of maxValues, by key.
	overCap [schema.NumKeys]int

	values []stampedValue // scratch of sets
}

// touch remembers an audience's membership before the first change; nil = none.
type touch struct {
	audience string
	before   *musterpb.Membership
}

func (m *merge) reset(p *musterpb.Profile) {
	m.p = p
	m.dirty, m.identity, m.erased, m.refused = false, false, false, false
	m.touched = m.touched[:0]
	clear(m.overCap[:])
}

// apply merges one event. recordMs is the time of its record in milliseconds,
// which only an erasure needs.
func (m *merge) apply(e *schema.Event, recordMs int64) {
	if e.Erase {
		m.erase(max(eventStamp(e).TimeMs, recordMs))
		return
	}
	s := eventStamp(e)
	if s.TimeMs <= m.p.ErasedAtMs {
		return // forgotten
	}
	if m.suppressed() {
		m.refused = true
		return
	}
	m.setExternID(e.ExternID)
	for i := range e.Registers {
		m.register(&e.Registers[i], s)
	}
	for i := range e.Values {
		m.value(&e.Values[i], s)
	}
	m.sets(e.Sets, s)
	for _, platform := range e.TrackingOff {
		m.trackingOff(platform, s)
	}
	for i := range e.Consents {
		m.consent(&e.Consents[i], s)
	}
	for i := range e.Memberships {
		m.membership(&e.Memberships[i], s)
	}
}

// changed notes a change that may be seen in rows.
func (m *merge) changed() { m.dirty, m.identity = true, true }

// setExternID keeps the user id. It is one and the same in all events of a user,
// so it needs no stamp; an anonymous event has none and says nothing.
func (m *merge) setExternID(id string) {
	if !m.externID {
		m.dropExternID()
		return
	}
	if id != "" && id != m.p.ExternId {
		m.p.ExternId = id
		m.changed()
	}
}

// dropExternID forgets a user id that was stored while EXTERN_ID was on (I8).
func (m *merge) dropExternID() {
	if m.p.ExternId != "" {
		m.p.ExternId = ""
		m.changed()
	}
}
