package uploader

import (
	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// What removes an erased user from all audiences of an ad account removes whoever
// shares a strong value with them too, from audiences of any task: another user with
// the same email, or the same user who has come back meanwhile. So each task is told of
// the values once Facebook has confirmed, and has those members unsettled: they are not
// known to be in Facebook any more, and the next window adds them again (as I5 has it for
// removals from one audience).

// reserved takes in a record that is of no member.
func (b *intake) reserved(r *consumer.Record) (outcome string, err error) {
	id, erasure := schema.ParseErasureKey(r.Key)
	switch {
	case !erasure && !schema.IsAccountRemovalKey(r.Key):
		return b.deadLetter(r), nil
	case r.Value == nil:
		return recordTombstone, nil
	case erasure:
		rows := new(musterpb.MemberRows)
		if rows.UnmarshalVT(r.Value) != nil || len(rows.Rows) == 0 {
			return b.deadLetter(r), nil
		}
		outcome, err = b.task.erased(b.tx, id, rows.Rows)
	default:
		gone := new(musterpb.AccountRemoval)
		if gone.UnmarshalVT(r.Value) != nil {
			return b.deadLetter(r), nil
		}
		b.removals = append(b.removals, gone)
		outcome = recordApplied
	}
	// The rows are logged here, or need not be: nobody else is to read them.
	b.tx.Emit(consumer.Emission{Topic: r.Topic, Partition: r.Partition, Key: r.Key})
	return outcome, err
}

// unsettle has the members who share a strong value with what was removed added again.
func (t *task) unsettle(tx *consumer.Tx, gone *musterpb.AccountRemoval) error {
	for _, a := range t.order {
		if a.account() != facebook.AccountID(gone.Account) || a.counts.synced == 0 {
			continue
		}
		looked := make(map[strongKey]bool)
		for _, r := range gone.Rows {
			for _, k := range strongKeys {
				v := schema.Value(r, k)
				if len(v) == 0 || looked[strongKeyOf(k, v)] {
					continue
				}
				looked[strongKeyOf(k, v)] = true
				if err := t.unsettleSharers(tx, a, k, v); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (t *task) unsettleSharers(tx *consumer.Tx, a *audience, k schema.Key, v []byte) error {
	desired := 0
	return t.sharers(tx, a, schema.UserKey{}, k, v, func(m *member) (bool, error) {
		if len(m.Desired) == 0 {
			return true, nil
		}
		if desired++; desired > maxSurvivors {
			t.counted.beyond++
			return true, nil
		}
		m.Batch = unsettled
		return true, t.put(tx, a, m)
	})
}
