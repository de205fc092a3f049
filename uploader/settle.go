package uploader

import (
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
)

// added settles a batch of adds: it closes, so its members are confirmed. Only
// members with more to log are written: refused rows, superseded rows.
func (t *task) added(tx *consumer.Tx, a *audience, b *batch, rejected map[*musterpb.Row]string, now time.Time) error {
	t.closeBatch(a, b.number)
	refused := 0
	for _, it := range b.items {
		m, err := t.load(tx, a, it.user)
		if err != nil {
			return err
		}
		n, changed := t.refuseAdded(tx, a, m, it, rejected, now)
		refused += n
		switch drop := a.planOf(m.Member).drop; {
		case len(drop) > 0:
			err = t.supersede(tx, a, m, drop)
		case changed:
			err = t.put(tx, a, m)
		default:
			err = t.review(tx, a, m)
		}
		if err != nil {
			return err
		}
	}
	t.outcome(a, now, outcomeAdded, b.rows-refused)
	t.outcome(a, now, outcomeRefused, refused)
	return nil
}

// refuseAdded remembers the rows of an item that Facebook named as invalid. changed: the
// member is to be logged.
func (t *task) refuseAdded(tx *consumer.Tx, a *audience, m *member, it item, rejected map[*musterpb.Row]string, now time.Time) (refused int, changed bool) {
	for _, r := range it.rows {
		reason, ok := rejected[r]
		if !ok {
			continue
		}
		refused++
		t.reject(tx, a, it.user, r, adding, reason, now)
		if hasRow(m.Desired, r) && !isRefused(m.Refused, r) {
			m.Refused = append(m.Refused, rowHash(r))
			changed = true
		}
	}
	return refused, changed
}

// removed settles a batch of removals: the rows sent leave synced, of the row as
// it is now. The batch stays open until no member carries its number: who is
// desired and carries it may have been removed, and is added again (I5). A row
// that Facebook cannot read as a removal cannot be in the audience either.
func (t *task) removed(tx *consumer.Tx, a *audience, b *batch, rejected map[*musterpb.Row]string, now time.Time) error {
	refused, strangers := 0, 0
	for _, it := range b.items {
		m, err := t.load(tx, a, it.user)
		if err != nil {
			return err
		}
		if m.Stranger {
			strangers += len(it.rows)
		}
		for i, r := range it.removals {
			if reason, ok := rejected[it.rows[i]]; ok {
				refused++
				t.reject(tx, a, it.user, it.rows[i], removing, reason, now)
			} else if m.ErasedMs != 0 {
				m.ErasedRows++
			}
			m.Synced = replaceRow(m.Synced, r.synced, r.rest)
		}
		m.Owed = false
		if len(m.Desired) == 0 && len(m.Synced) == 0 && m.Batch == b.number {
			m.Batch = a.released()
		}
		if err := t.put(tx, a, m); err != nil {
			return err
		}
	}
	if err := t.releaseSurvivors(tx, a, b); err != nil {
		return err
	}
	a.row.OwedTriedMs = 0
	a.guard(b.rows - strangers)
	a.changed = true
	t.outcome(a, now, outcomeRemoved, b.rows-refused)
	t.outcome(a, now, outcomeRefused, refused)
	return nil
}

// releaseSurvivors takes the number from survivors of which nothing is left.
func (t *task) releaseSurvivors(tx *consumer.Tx, a *audience, b *batch) error {
	for _, it := range b.items {
		for _, user := range it.survivors {
			m, err := t.load(tx, a, user)
			if err != nil {
				return err
			}
			if m.Batch == b.number && len(m.Desired) == 0 && len(m.Synced) == 0 {
				m.Batch = a.released()
				if err := t.put(tx, a, m); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// owe has the removals of a batch wait: Facebook refuses them, because of the
// audience's size or as they are. The batch stays open as long as its members
// carry it.
func (t *task) owe(tx *consumer.Tx, a *audience, b *batch, now time.Time) error {
	for _, it := range b.items {
		m, err := t.load(tx, a, it.user)
		if err != nil {
			return err
		}
		if len(a.planOf(m.Member).remove) == 0 {
			continue // it is desired again meanwhile
		}
		m.Owed = true
		t.eraseRefused(a, m)
		if err := t.put(tx, a, m); err != nil {
			return err
		}
	}
	a.row.OwedTriedMs = now.UnixMilli()
	a.changed = true
	return nil
}

// refuse remembers the rows of a batch as refused: it was a single member's, and
// Facebook takes no request with it. It certainly holds none of them through
// this batch, but what an earlier one sent stays in synced (I4).
func (t *task) refuse(tx *consumer.Tx, a *audience, b *batch, code int, now time.Time) error {
	for _, it := range b.items {
		for _, r := range it.rows {
			t.reject(tx, a, it.user, r, b.op, badRequest(code), now)
		}
	}
	if b.op == removing {
		t.outcome(a, now, outcomeRefused, b.rows)
		return t.owe(tx, a, b, now)
	}
	for _, it := range b.items {
		m, err := t.load(tx, a, it.user)
		if err != nil {
			return err
		}
		for _, r := range it.rows {
			if hasRow(m.Desired, r) && !isRefused(m.Refused, r) {
				m.Refused = append(m.Refused, rowHash(r))
			}
		}
		if len(planOf(m.Member, false).add) == 0 && m.Batch == b.number {
			m.Batch = a.released()
		}
		if err := t.put(tx, a, m); err != nil {
			return err
		}
	}
	t.outcome(a, now, outcomeRefused, b.rows)
	return nil
}

// split sends a batch as two, each under a number of its own that its members
// carry before it is sent. Survivors go with the row that touches them.
func (t *task) split(tx *consumer.Tx, a *audience, b *batch) error {
	first, second := b.halve()
	a.window.batch = nil
	a.window.halves = append(a.window.halves, second, first)
	for _, half := range []*batch{first, second} {
		number, err := t.openBatch(tx, a)
		if err != nil {
			return err
		}
		half.number = number
		for _, it := range half.items {
			for _, user := range append(it.survivors[:len(it.survivors):len(it.survivors)], it.user) {
				m, err := t.load(tx, a, user)
				if err != nil {
					return err
				}
				m.Batch = number
				if err := t.put(tx, a, m); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
