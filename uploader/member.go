package uploader

import (
	"fmt"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// member is the row of one user in one audience while a call works on it.
type member struct {
	*musterpb.Member
	user schema.UserKey
	was  facts // of the row as it stands in the table
	// dated: the row in the table has synced rows of a content that is gone.
	dated  bool
	untold bool // there are new steps of its erasure
}

// load reads a member; one that is not there is empty. Synced is complete after
// it, and empty when it was of a Facebook audience before the present one.
func (t *task) load(tx *consumer.Tx, a *audience, user schema.UserKey) (*member, error) {
	value, err := tx.Value(schema.MemberKey(a.key, user))
	if err != nil {
		return nil, err
	}
	m := &member{Member: new(musterpb.Member), user: user}
	if value == nil {
		return m, nil
	}
	if m.Member, err = decodeMember(value); err != nil {
		return nil, fmt.Errorf("read member of %q: %w", a.key, err)
	}
	m.was = factsOf(m.Member)
	m.dated = a.present(m.Member)
	return m, nil
}

// present takes from a member what the present content of the Facebook audience does
// not have: what was sent before it, and rows that a replacement left out. true: there
// was some.
func (a *audience) present(m *musterpb.Member) bool {
	before := len(m.Synced)
	switch n := int(m.ReplacedRows); {
	case m.Batch < a.row.Since && len(m.LeftRows) > 0 && !m.In && a.row.ContentUnknown:
		// It left; what is linked now may hold it, whatever was linked then.
	case m.Batch < a.row.Since:
		m.Synced = nil
	case m.Batch == a.row.Since && n > 0 && n < before:
		m.Synced = m.Synced[before-n:]
	}
	if m.Batch != a.row.Replace.GetBatch() {
		m.ReplacedRows = 0 // it was of a replacement that is over
	}
	return len(m.Synced) < before
}

// put logs the member and brings the derived keys up to it.
func (t *task) put(tx *consumer.Tx, a *audience, m *member) error {
	t.eraseOn(m)
	p := a.planOf(m.Member)
	if len(p.remove) == 0 {
		m.Owed = false
	}
	switch gone := !m.In && len(m.Desired) == 0 && len(m.Synced) == 0; {
	case !gone:
		m.EmptiedMs = 0
	case m.EmptiedMs == 0:
		m.EmptiedMs = t.now().UnixMilli()
	}
	value, err := encodeMember(m.Member)
	if err != nil {
		return fmt.Errorf("encode member of %q: %w", a.key, err)
	}
	is := factsOf(m.Member)
	if err := t.index(tx, a, m.user, &m.was, &is, p.work(m.Owed)); err != nil {
		return err
	}
	m.was = is
	if m.untold {
		tx.PutDerived(auditKey(a.key, m.user), auditUntold)
		m.untold = false
	}
	tx.Put(schema.MemberKey(a.key, m.user), value)
	return nil
}

// review brings the dirty key of a member up to what it needs now, after a batch
// was closed or a Facebook audience has changed.
func (t *task) review(tx *consumer.Tx, a *audience, m *member) error {
	if m.ErasedMs != 0 && len(without(m.Synced, m.Desired)) == 0 {
		return t.put(tx, a, m) // its erasure is over
	}
	return t.index(tx, a, m.user, &m.was, &m.was, a.planOf(m.Member).work(m.Owed))
}

// forget logs the member's tombstone.
func (t *task) forget(tx *consumer.Tx, a *audience, m *member) error {
	if err := t.index(tx, a, m.user, &m.was, &facts{}, work{}); err != nil {
		return err
	}
	tx.Delete(schema.MemberKey(a.key, m.user))
	return nil
}

func decodeMember(value []byte) (*musterpb.Member, error) {
	m := new(musterpb.Member)
	if err := m.UnmarshalVT(value); err != nil {
		return nil, err
	}
	if m.SyncedIsDesired {
		m.Synced, m.SyncedIsDesired = m.Desired, false
	}
	return m, nil
}

// encodeMember stores rows that are both desired and synced once, unless their order
// says something.
func encodeMember(m *musterpb.Member) ([]byte, error) {
	synced := m.Synced
	if len(synced) > 0 && m.ReplacedRows == 0 && sameRows(m.Desired, synced) {
		m.Synced, m.SyncedIsDesired = nil, true
	}
	value, err := m.MarshalVT()
	m.Synced, m.SyncedIsDesired = synced, false
	return value, err
}
