package uploader

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
)

// askForget has an audience forgotten that nobody is in, or that is left out: members
// whom the stream goes on to have would be missed. What Facebook holds stays there, and
// is not known from now on.
func (t *task) askForget(a *audience) *musterpb.Block {
	if a.row.Deleting {
		return t.refusal("Wait until that is done, as muster audience show tells, or end it with muster audience resume "+a.key+".",
			"Facebook audience %s is being deleted, and would stay", a.row.FacebookId)
	}
	if over := a.sessionEnds(); t.now().Before(over) {
		return t.refusal(fmt.Sprintf("Give the order again when that is over, at %s UTC at the latest.", over.UTC().Format("15:04")),
			"the content of Facebook audience %s is being replaced, and Facebook would go on with it", a.row.FacebookId)
	}
	if a.counts.members > 0 && !a.options.LeaveOut {
		return t.refusal("Have it left out first, by exclude or by sync: paused in the configuration, or have the stream let its members go.",
			"%d members are in the audience, and what the stream says of them next would make it anew", a.counts.members)
	}
	if n := a.counts.erasing; n > 0 {
		t.options.Logger.Warn("the audience is forgotten before Facebook has removed all erased users", "audience", a.key, "facebook_id", a.row.FacebookId, "users", n,
			"remedy", "Remove them there by hand, or delete the Facebook audience.")
	}
	a.row.Forgetting = true
	a.row.ContentUnknown = a.row.FacebookId != ""
	t.endReplace(a, nil)
	return nil
}

// goesDown is why an audience that is being forgotten obeys no order that would be
// forgotten with it.
func (t *task) goesDown() *musterpb.Block {
	return t.refusal("Wait until that is done.", "the audience is being forgotten")
}

// forgetSlice drops a slice of the members, and when there are none left the audience
// itself. Who came in meanwhile is kept: the audience then begins anew with them.
func (t *task) forgetSlice(tx *consumer.Tx, a *audience, now time.Time) (next time.Time, err error) {
	switch over := a.unknown.over(t.options.RequestTimeout); {
	case a.flight:
		return time.Time{}, nil
	case now.Before(over):
		return over, nil // the next owner must hear of it
	}
	for e, err := range tx.Scan(memberPrefix(a.key), a.forgotTo) {
		if err != nil {
			return time.Time{}, err
		}
		if t.slice == 0 {
			return now, nil
		}
		t.slice--
		m, err := t.loadAt(tx, a, e.Key)
		if err != nil {
			return time.Time{}, err
		}
		if a.options.LeaveOut || !m.In {
			if err := t.forgetMember(tx, a, m); err != nil {
				return time.Time{}, err
			}
		}
		a.forgotTo = append(bytes.Clone(e.Key), 0)
	}
	a.forgotTo = nil
	switch {
	case a.counts.stored == 0:
		t.drop(tx, a)
	case a.options.LeaveOut, a.counts.members == 0: // somebody was heard of meanwhile, or is told of
	default:
		t.beginAnew(a)
		return now, t.begin(tx, a) // those who are left are not known to be at Facebook
	}
	return now, nil
}

// forgetMember drops a member, whose erasure is told of before: then it is looked at
// again.
func (t *task) forgetMember(tx *consumer.Tx, a *audience, m *member) error {
	if m.ErasedMs != 0 {
		if err := t.eraseForgotten(tx, a, m); err != nil {
			return err
		}
	}
	if len(m.Audit) > 0 {
		return nil
	}
	return t.forget(tx, a, m)
}

// drop logs the audience's tombstone, and takes its status and derived keys away.
func (t *task) drop(tx *consumer.Tx, a *audience) {
	t.options.Logger.Info("the audience is forgotten", "audience", a.key)
	for batch := range a.carried {
		tx.DeleteDerived(carriersKey(a.key, batch))
	}
	tx.DeleteDerived(wholeKey(spaceCounts, a.key))
	tx.DeleteDerived(wholeKey(spaceSweep, a.key))
	tx.Delete([]byte(a.key))
	t.options.Health.set(a.key, nil)
	t.directory.outdate(a.account())
	t.gone(tx, a)
}

// gone takes an audience off the task's lists, and its status away.
func (t *task) gone(tx *consumer.Tx, a *audience) {
	tx.Emit(consumer.Emission{Topic: t.options.Topic, Partition: t.info.Partition, Key: []byte(a.key)})
	t.budget.forgetAudience(a)
	t.telemetry.figures.remove(a.key)
	delete(t.audiences, a.key)
	t.order = slices.DeleteFunc(t.order, func(o *audience) bool { return o == a })
	t.touched = slices.DeleteFunc(t.touched, func(o *audience) bool { return o == a })
}

// beginAnew forgets all of the audience's row but what the stream says of it.
func (t *task) beginAnew(a *audience) {
	t.directory.outdate(a.account())
	r := a.row
	a.row = &musterpb.Audience{
		Name: r.Name, Space: r.Space, Computation: r.Computation, StreamFacebookId: r.StreamFacebookId,
		FirstSeenMs: t.now().UnixMilli(), CommandMs: r.CommandMs, AddOnly: r.AddOnly, LastBatch: r.LastBatch,
	}
}
