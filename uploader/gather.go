package uploader

import (
	"bytes"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

const (
	// maxSurvivors is how many remaining members a strong value is added again
	// for after a removal; more are counted.
	maxSurvivors = 100
	// maxSharers bounds the members looked at for one strong value.
	maxSharers = 1000
)

// gather looks at a slice of the pass's members and puts what is to be sent of
// them into the window's batch, until that is full. Every member put there is
// logged under the batch's number in the same Tx (I4).
func (t *task) gather(tx *consumer.Tx, a *audience) error {
	w := a.window
	if w.pass.resend {
		return t.gatherResend(tx, a)
	}
	prefix := derivedKey(spaceDirty, a.key)
	for e, err := range tx.ScanDerived(prefix, w.pass.from) {
		if err != nil {
			return err
		}
		if t.slice == 0 {
			return nil
		}
		t.slice--
		m, err := t.load(tx, a, schema.UserKey(e.Key[len(prefix):]))
		if err != nil {
			return err
		}
		fitted, err := t.take(tx, a, m)
		if err != nil {
			return err
		}
		if !fitted {
			w.batch.ready = true
			return nil
		}
		w.pass.from = append(bytes.Clone(e.Key), 0)
	}
	w.endPass()
	return nil
}

func (w *window) endPass() {
	w.pass.done = true
	if w.batch != nil {
		w.batch.ready = true
	}
}

// take puts what the pass is after of a member into the batch. false: no room.
func (t *task) take(tx *consumer.Tx, a *audience, m *member) (fitted bool, err error) {
	p := a.planOf(m.Member)
	if p.need(m.Owed) == clean {
		return true, t.review(tx, a, m) // a key that was left behind
	}
	if a.window.op == removing {
		return t.takeRemovals(tx, a, m, p)
	}
	if len(p.drop) > 0 {
		if err := t.supersede(tx, a, m, p.drop); err != nil {
			return false, err
		}
	}
	return t.takeAdds(tx, a, m, p.add)
}

// takeAdds logs the rows as synced before they are sent (I4).
func (t *task) takeAdds(tx *consumer.Tx, a *audience, m *member, add []*musterpb.Row) (fitted bool, err error) {
	if len(add) == 0 || !a.window.pass.takes(hasExternID(add[0])) {
		return true, nil
	}
	if !a.unknown.mayFollow(add, t.now(), t.options.RequestTimeout) {
		return true, nil // the member stays dirty: a later window sends it
	}
	b, err := t.room(tx, a, add)
	if b == nil {
		return false, err
	}
	m.Batch = b.number
	m.Synced = append(without(m.Synced, add), add...)
	b.append(item{user: m.user, rows: add})
	return true, t.put(tx, a, m)
}

func (t *task) takeRemovals(tx *consumer.Tx, a *audience, m *member, p plan) (fitted bool, err error) {
	if len(p.remove) == 0 || (m.Owed && !a.window.owed) {
		return true, nil
	}
	removals, shared, err := t.unshared(tx, a, m, p.remove)
	if err != nil {
		return false, err
	}
	if len(shared) > 0 {
		// Who else desires the row keeps it in Facebook, and has it in synced.
		m.Synced = without(m.Synced, shared)
		t.counted.row(rowShared, len(shared))
		if err := t.put(tx, a, m); err != nil {
			return false, err
		}
	}
	if removals = evenExternID(removals); len(removals) == 0 {
		return true, nil
	}
	if !a.window.pass.takes(hasExternID(removals[0].send)) {
		return true, nil
	}
	it := item{user: m.user, removals: removals}
	for _, r := range removals {
		it.rows = append(it.rows, r.send)
	}
	b, err := t.room(tx, a, it.rows)
	if b == nil {
		return false, err
	}
	m.Batch = b.number
	if err := t.put(tx, a, m); err != nil {
		return false, err
	}
	if it.survivors, err = t.survivors(tx, a, b, m.user, it.rows); err != nil {
		return false, err
	}
	b.append(it)
	return true, nil
}

// takes reports whether rows are of this pass, and remembers if not.
func (p *pass) takes(withExtern bool) bool {
	if p.withExtern == withExtern {
		return true
	}
	p.other = true
	return false
}

// room returns the window's batch if rows fit into it, opening one if there is
// none; nil if they do not.
func (t *task) room(tx *consumer.Tx, a *audience, rows []*musterpb.Row) (*batch, error) {
	w := a.window
	if w.batch == nil {
		number, err := t.openBatch(tx, a)
		if err != nil {
			return nil, err
		}
		w.batch = newBatch(w.op)
		w.batch.number, w.batch.shape = number, a.options.shape()
	}
	if !w.batch.fits(rows, t.budget.rows(a.account(), t.options.MaxRows), t.options.MaxBatchBytes) {
		return nil, nil
	}
	return w.batch, nil
}

// unshared parts removals from rows that another member desires identically and
// has among its own synced ones: those need no removal, and whoever has them
// last sends it.
func (t *task) unshared(tx *consumer.Tx, a *audience, m *member, removals []removal) (left []removal, shared []*musterpb.Row, err error) {
	for _, r := range removals {
		kept := false
		if r.send == r.synced {
			kept, err = t.heldElsewhere(tx, a, m.user, r.synced)
			if err != nil {
				return nil, nil, err
			}
		}
		if kept {
			shared = append(shared, r.synced)
		} else {
			left = append(left, r)
		}
	}
	return left, shared, nil
}

func (t *task) heldElsewhere(tx *consumer.Tx, a *audience, user schema.UserKey, row *musterpb.Row) (held bool, err error) {
	for _, k := range strongKeys {
		v := schema.Value(row, k)
		if len(v) == 0 {
			continue
		}
		err := t.sharers(tx, a, user, k, v, func(m *member) (bool, error) {
			held = hasRow(m.Desired, row) && hasRow(m.Synced, row) && !isRefused(m.Refused, row)
			return !held, nil
		})
		return held, err // a member that has the row has this value of it
	}
	return false, nil
}

// sharers calls f for other members with a synced row that has the value, until
// f returns false.
func (t *task) sharers(tx *consumer.Tx, a *audience, user schema.UserKey, k schema.Key, v []byte, f func(*member) (bool, error)) error {
	s := strongKeyOf(k, v)
	prefix := derivedKey(spaceStrong, a.key, s[:]...)
	looked := 0
	for e, err := range tx.ScanDerived(prefix, nil) {
		if err != nil {
			return err
		}
		other := schema.UserKey(e.Key[len(prefix):])
		if other == user {
			continue
		}
		if looked++; looked > maxSharers {
			return nil
		}
		m, err := t.load(tx, a, other)
		if err != nil {
			return err
		}
		if !hasStrong(m.Synced, k, v) {
			continue
		}
		if more, err := f(m); err != nil || !more {
			return err
		}
	}
	return nil
}

// survivors logs the other members whose presence the removal of rows can touch
// as unconfirmed under the batch: those that are desired are added again when
// the removals are settled (I5).
func (t *task) survivors(tx *consumer.Tx, a *audience, b *batch, user schema.UserKey, rows []*musterpb.Row) ([]schema.UserKey, error) {
	var users []schema.UserKey
	for _, r := range rows {
		for _, k := range strongKeys {
			v := schema.Value(r, k)
			if len(v) == 0 || b.strong[strongKeyOf(k, v)] {
				continue
			}
			b.strong[strongKeyOf(k, v)] = true
			desired := 0
			err := t.sharers(tx, a, user, k, v, func(m *member) (bool, error) {
				if len(m.Desired) > 0 {
					if desired++; desired > maxSurvivors {
						t.counted.beyond++
						return true, nil
					}
				}
				users = append(users, m.user)
				if m.Batch == b.number {
					return true, nil
				}
				m.Batch = b.number
				t.slice = max(t.slice-1, 0) // a write counts as a look
				return true, t.put(tx, a, m)
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return users, nil
}
