package membership

import (
	"slices"

	"muster/schema"
)

// fieldBytes bounds what a part of a profile takes beside its strings and
// values: tags, lengths, small numbers and a stamp.
const fieldBytes = 48

// record merges one record's steps for the user, from at up to but without end,
// or none of them: a record that would make a profile too large, and larger, is
// a dead letter and leaves the profile as it was. size is an upper bound of the
// profile's encoded size in bytes; the new one is returned. Measuring a profile
// costs about as much as encoding it, so it is done near the limit only.
func (t *task) record(at, end int32, size int) int {
	steps, record := t.batch.steps, t.batch.steps[at].record
	o, limit := &t.batch.outcomes[record], t.o.MaxProfileBytes
	recordMs := t.batch.origins[record].Time.UnixMilli()
	bound := size
	for i := at; i != end; i = steps[i].next {
		bound += growth(steps[i].event)
	}
	m, before := &t.merge, t.merge
	near := bound > limit
	if near {
		before.p, before.touched = m.p.CloneVT(), slices.Clone(m.touched)
		size = m.p.SizeVT()
	}
	m.dirty, m.refused = false, false
	for i := at; i != end; i = steps[i].next {
		m.apply(steps[i].event, recordMs)
	}
	if near {
		bound = m.p.SizeVT()
		if bound > limit && bound > size {
			before.values = m.values
			*m = before
			*o = outcome{outcomeDeadLetter, string(schema.ProfileTooLarge)}
			return size
		}
	}
	switch {
	case m.dirty && (o.what == outcomeUnchanged || o.what == outcomeSuppressed):
		o.what = outcomeApplied
	case m.refused && o.what == outcomeUnchanged:
		o.what = outcomeSuppressed
	}
	m.dirty = m.dirty || before.dirty
	return bound
}

// growth bounds by how many bytes an event can make a profile larger.
func growth(e *schema.Event) int {
	n := len(e.ExternID) + fieldBytes*(1+len(e.Registers)+len(e.Sets)+len(e.TrackingOff)+len(e.Consents)+len(e.Memberships))
	for i := range e.Registers {
		n += len(e.Registers[i].Value)
	}
	for i := range e.Sets {
		for _, v := range e.Sets[i].Values {
			n += fieldBytes + len(v)
		}
	}
	for i := range e.Consents {
		n += len(e.Consents[i].Category)
	}
	for i := range e.Memberships {
		m := &e.Memberships[i]
		n += len(m.Audience) + len(m.Name) + len(m.Space) + len(m.Computation) + len(m.FacebookID)
	}
	return n
}
