package membership

import (
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// toTell is what the topic of audits is to be told of the erasure of the profile as
// it stands; nil where there is no such topic. It stays in the profile until the
// topic has acknowledged it, as the audiences do, so that a later owner can tell it
// after a crash.
func (m *merge) toTell() *musterpb.Erasure {
	if !m.audits {
		return nil
	}
	return &musterpb.Erasure{
		Values:    values(m.p) + m.p.Erasure.GetValues(), // of an erasure that is not told yet
		Audiences: int64(len(m.p.Memberships)),
	}
}

// values counts what is known of a user beside memberships and consent.
func values(p *musterpb.Profile) (n int64) {
	if p.ExternId != "" {
		n++
	}
	for _, r := range p.Registers {
		if len(r.Value) > 0 {
			n++
		}
	}
	for _, s := range p.Sets {
		n += int64(len(s.Values))
	}
	return n
}

// tellAudit tells the erasure that a profile is still to tell.
func (t *task) tellAudit(tx *consumer.Tx, user schema.UserKey, p *musterpb.Profile) {
	if p.Erasure == nil || t.o.AuditTopic == "" {
		return
	}
	a := schema.Audit{
		At: time.Now().UTC(), Step: schema.AuditRequested, Installation: t.o.Installation,
		ErasedAt: time.UnixMilli(p.ErasedAtMs).UTC(), Values: p.Erasure.Values, Audiences: p.Erasure.Audiences,
	}
	t.audit(tx, user, &a)
}

func (t *task) audit(tx *consumer.Tx, user schema.UserKey, a *schema.Audit) {
	key, value := a.Encode(user)
	tx.Emit(consumer.Emission{Topic: t.o.AuditTopic, Partition: int(t.partition), Key: key, Value: value})
}
