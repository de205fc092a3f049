package uploader

import (
	"bytes"
	"fmt"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// Restore brings the derived keys along with a changelog record that is read
// back. Where the audience's row is not known well enough yet (compaction may
// leave it behind its members) a member counts as dirty: the diff finds out.
func (t *task) Restore(tx *consumer.Tx, key, value []byte) error {
	defer t.untouch()
	if schema.Reserved(key) {
		return restoreEntry(tx, key, value)
	}
	if bytes.IndexByte(key, 0) < 0 {
		return t.restoreAudience(tx, string(key), value)
	}
	audienceKey, user, err := schema.ParseMemberKey(key)
	if err != nil {
		return fmt.Errorf("restore uploads: %w", err)
	}
	a, err := t.audience(tx, audienceKey)
	if err != nil {
		return err
	}
	m, err := t.load(tx, a, user)
	if err != nil {
		return err
	}
	is, w := facts{}, work{}
	if value != nil {
		now, err := decodeMember(value)
		if err != nil {
			return fmt.Errorf("restore member of %q: %w", audienceKey, err)
		}
		is = factsOf(now)
		a.present(now)
		w = a.planOf(now).work(now.Owed)
	}
	if err := t.index(tx, a, user, &m.was, &is, w); err != nil {
		return err
	}
	if is.audit {
		tx.PutDerived(auditKey(a.key, user), auditUntold)
	}
	a.flushDerived(tx)
	return nil
}

func (t *task) restoreAudience(tx *consumer.Tx, key string, value []byte) error {
	a, err := t.audience(tx, key)
	if err != nil {
		return err
	}
	row := new(musterpb.Audience)
	if err := row.UnmarshalVT(value); err != nil {
		return fmt.Errorf("restore audience %q: %w", key, err)
	}
	since := a.row.Since
	a.row, a.logged = row, value != nil
	if row.Since != since {
		t.lookAtAll(tx, a)
	}
	return nil
}

func (t *task) untouch() {
	for _, a := range t.touched {
		a.touched = false
	}
	t.touched = t.touched[:0]
}

// lookAtAll has every member of the audience looked at before its next window.
func (t *task) lookAtAll(tx *consumer.Tx, a *audience) {
	if a.counts.synced == 0 {
		return // nothing to forget: who is desired is dirty already
	}
	a.sweep, a.sweepAt = true, nil
	tx.PutDerived(wholeKey(spaceSweep, a.key), nil)
}

// sweepSlice looks at members until the Tick's slice is used up.
func (t *task) sweepSlice(tx *consumer.Tx, a *audience) error {
	for e, err := range tx.Scan(memberPrefix(a.key), a.sweepAt) {
		if err != nil {
			return err
		}
		if t.slice == 0 {
			return nil
		}
		t.slice--
		_, user, err := schema.ParseMemberKey(e.Key)
		if err != nil {
			return err
		}
		m, err := t.load(tx, a, user)
		if err != nil {
			return err
		}
		look := t.review
		if m.dated {
			look = t.put // or it would be counted, and kept, for ever
		}
		if err := look(tx, a, m); err != nil {
			return err
		}
		a.sweepAt = append(bytes.Clone(e.Key), 0)
	}
	a.sweep, a.sweepAt = false, nil
	if a.counts.pending == 0 {
		a.unsentSince = time.Time{}
	}
	tx.DeleteDerived(wholeKey(spaceSweep, a.key))
	t.touch(a)
	return nil
}
