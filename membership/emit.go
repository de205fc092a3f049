package membership

import (
	"fmt"
	"slices"

	"github.com/segmentio/kafka-go"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// emitter sends a user's member row sets to the uploader, all under one version.
// The task's after view must stand on the user's profile.
type emitter struct {
	t        *task
	tx       *consumer.Tx
	user     schema.UserKey
	position consumer.Position
	trace    []kafka.Header
}

func (e *emitter) emit(audience string, m *musterpb.MemberRows) {
	m.Incarnation = e.tx.Incarnation()
	m.Position = int64(e.position)
	m.SourcePartition = e.t.partition
	value, err := m.MarshalVT()
	if err != nil {
		panic(fmt.Sprintf("membership: encode member rows: %v", err)) // no required fields
	}
	e.tx.Emit(consumer.Emission{
		Topic:     e.t.o.MembersTopic,
		Partition: schema.AudiencePartition(audience, e.t.o.MembersPartitions),
		Key:       schema.MemberKey(audience, e.user),
		Value:     value,
		Headers:   e.trace,
	})
	e.t.tally.emissions++
}

// everything emits every audience of the profile.
func (e *emitter) everything(p *musterpb.Profile) {
	for _, a := range p.Memberships {
		e.emit(a.Audience, e.t.after.member(a))
	}
}

// differences emits the audiences that look other than in the stored profile.
// An audience first heard of is emitted even when the user is not in it: exits
// count for users never seen.
func (e *emitter) differences(p *musterpb.Profile, stored []byte) error {
	old := &musterpb.Profile{}
	if err := old.UnmarshalVT(stored); err != nil {
		return fmt.Errorf("decode profile: %w", err)
	}
	e.t.before.reset(old)
	for _, a := range p.Memberships {
		m := e.t.after.member(a)
		i, found := findMembership(old, a.Audience)
		if !found || !sameMember(e.t.before.member(old.Memberships[i]), m) {
			e.emit(a.Audience, m)
		}
	}
	return nil
}

// touched emits the audiences whose membership changed, where nothing else did.
func (e *emitter) touched(p *musterpb.Profile) {
	for _, c := range e.t.merge.touched {
		i, _ := findMembership(p, c.audience)
		m := e.t.after.member(p.Memberships[i])
		if c.before == nil || !sameMember(e.t.after.member(c.before), m) {
			e.emit(c.audience, m)
		}
	}
}

// replayed emits the audiences that a replayed record named and that were not
// emitted yet; one that an erasure made the profile forget as well.
func (e *emitter) replayed(p *musterpb.Profile, h *heard) {
	slices.Sort(h.audiences)
	for _, audience := range slices.Compact(h.audiences) {
		i, found := findMembership(p, audience)
		switch {
		case found && !h.all && !e.t.merge.erased:
			e.emit(audience, e.t.after.member(p.Memberships[i]))
		case !found && p.ErasedAtMs > 0:
			e.emit(audience, e.t.after.member(nil))
		}
	}
}
