package membership

import (
	"fmt"
	"slices"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// With Options.EraseAccounts an erasure is also said to the uploader as a whole, under
// a key of its own, with the rows by which Facebook may find the person. They have
// to be taken from the profile before it is emptied, and must not be lost with an
// emission: so they stay in the profile until that was acknowledged, as the audiences
// do (erasure.go), and are forgotten with them.

// rowsOf returns all rows by which the user of a profile can be found, in whatever
// audience and with or without consent. They share the profile's bytes.
func (r *rules) rowsOf(p *musterpb.Profile) []*musterpb.Row {
	v := view{rules: r}
	v.reset(p)
	return v.known(r.everything())
}

// rowsToTell is what the uploader is to be told of the erasure of the profile as it
// stands, with what it may not have been told of an earlier one; nil where it is to be
// told nothing.
func (m *merge) rowsToTell() *musterpb.ErasedRows {
	if m.known == nil {
		return m.p.ErasedRows
	}
	rows := m.known(m.p)
	for _, r := range m.p.ErasedRows.GetRows() {
		if !slices.ContainsFunc(rows, r.EqualVT) {
			rows = append(rows, r)
		}
	}
	return &musterpb.ErasedRows{Rows: rows}
}

// tellAccounts tells the uploader of the erasure that a profile is still to tell, or the
// topic of audits that there is nothing by which anybody could be found.
func (t *task) tellAccounts(tx *consumer.Tx, user schema.UserKey, p *musterpb.Profile, position consumer.Position) {
	if p.ErasedRows == nil {
		return
	}
	if len(p.ErasedRows.Rows) == 0 {
		if t.o.AuditTopic != "" {
			t.audit(tx, user, &schema.Audit{At: time.Now().UTC(), Step: schema.AuditNothingKnown, Installation: t.o.Installation})
		}
		return
	}
	m := &musterpb.MemberRows{
		Incarnation: tx.Incarnation(), Position: int64(position), SourcePartition: t.partition,
		Erased: true, Rows: p.ErasedRows.Rows,
	}
	value, err := m.MarshalVT()
	if err != nil {
		panic(fmt.Sprintf("membership: encode erased rows: %v", err)) // no required fields
	}
	e := schema.Erasure{User: user, AtMs: p.ErasedAtMs}
	tx.Emit(consumer.Emission{
		Topic: t.o.MembersTopic, Partition: e.Partition(t.o.MembersPartitions), Key: e.Key(), Value: value,
	})
	t.tally.emissions++
}
