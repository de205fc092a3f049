package uploader

import (
	"bytes"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// The slow re-send: what is linked only inside Facebook (one person known to one
// user's email and another's phone) can go with a removal without anybody
// seeing it. So every member is added again over ResendOver, as a full batch's
// worth of members falls due, in budget that nothing else needs.
//
// A resync sends all of them at once, because somebody asked for it or ResyncEvery has
// passed. What is logged says that one is under way and how far it has come: a new
// owner goes on with it, and does not repeat one that is done.

// resendStep is how many members fall due at once.
func (t *task) resendStep(a *audience) int64 {
	return min(int64(t.options.MaxRows), a.counts.members-a.counts.unmatchable)
}

// resendAt returns when the next step falls due; the zero time means never.
func (t *task) resendAt(a *audience) time.Time {
	members := a.counts.members - a.counts.unmatchable
	if a.row.ResyncMs != 0 && members > 0 && a.row.FacebookId != "" {
		return time.UnixMilli(a.row.ResyncMs)
	}
	if a.options.ResendOver < 0 || members <= 0 || a.row.FacebookId == "" {
		return time.Time{}
	}
	share := float64(t.resendStep(a)) / float64(members)
	last := time.UnixMilli(max(a.row.ResentMs, a.row.LinkedMs))
	return last.Add(time.Duration(share * float64(a.options.ResendOver)))
}

// resyncAt returns when all is to be sent again by itself; the zero time means never.
func (a *audience) resyncAt() time.Time {
	if a.options.ResyncEvery <= 0 || a.row.ResyncMs != 0 || a.row.FacebookId == "" || a.counts.members <= a.counts.unmatchable {
		return time.Time{}
	}
	return time.UnixMilli(max(a.row.ResyncedMs, a.row.LinkedMs)).Add(a.options.ResyncEvery)
}

// resync begins one where it is due.
func (t *task) resync(a *audience, now time.Time) {
	if at := a.resyncAt(); at.IsZero() || now.Before(at) {
		return
	}
	a.row.ResyncMs, a.row.ResentTo = now.UnixMilli(), nil
	a.changed = true
	t.touch(a)
}

// resyncs notes how far a resync has come, once all that was taken so far is sent and
// answered. A member that waits for the second pass keeps the mark before it.
func (t *task) resyncs(a *audience) {
	w := a.window
	if w.pass.resync == 0 || w.pass.resync != a.row.ResyncMs || w.batch != nil || w.pass.from == nil || w.pass.other || w.pass.withExtern {
		return
	}
	a.row.ResentTo = w.pass.from[len(memberPrefix(a.key)):]
	a.changed = true
	t.touch(a)
}

// resendQuota returns how many members to send again now.
func (t *task) resendQuota(a *audience, now time.Time) int {
	if a.row.ResyncMs != 0 && !a.window.again {
		return int(a.counts.stored) // all of them, once
	}
	at := t.resendAt(a)
	if at.IsZero() || now.Before(at) || a.window.again || !t.budget.easy(a.account(), now) {
		return 0
	}
	return int(t.resendStep(a))
}

// resent notes how far the re-send has come.
func (t *task) resent(a *audience, now time.Time) {
	p := a.window.pass
	a.window.pass = pass{done: true}
	a.row.ResentMs = now.UnixMilli()
	a.changed = true
	t.touch(a)
	if a.row.ResyncMs != p.resync {
		return // another resync was asked for meanwhile, and goes through all of them
	}
	a.row.ResentTo = nil
	if p.from != nil {
		a.row.ResentTo = p.from[len(memberPrefix(a.key)):]
	}
	if p.resync != 0 {
		a.row.ResyncedMs, a.row.ResyncMs = p.resync, 0
	}
}

// gatherResend takes members that are clean; the others are sent anyway.
func (t *task) gatherResend(tx *consumer.Tx, a *audience) error {
	w := a.window
	if w.pass.from == nil {
		w.pass.from = append(memberPrefix(a.key), a.row.ResentTo...)
	}
	for e, err := range tx.Scan(memberPrefix(a.key), w.pass.from) {
		if err != nil {
			return err
		}
		if t.slice == 0 {
			return nil
		}
		if w.pass.until == nil && w.pass.left == 0 || w.pass.until != nil && bytes.Compare(e.Key, w.pass.until) >= 0 {
			w.endPass()
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
		if a.planOf(m.Member).need(m.Owed) == clean && len(m.Synced) > 0 {
			fitted, err := t.takeAdds(tx, a, m, accepted(m.Member))
			if err != nil {
				return err
			}
			if !fitted {
				w.batch.ready = true
				return nil
			}
		}
		w.pass.left = max(w.pass.left-1, 0)
		w.pass.from = append(bytes.Clone(e.Key), 0)
	}
	if w.pass.until == nil {
		w.pass.from, w.pass.ended = nil, true // from the start next time
	}
	w.endPass()
	return nil
}

// accepted returns the desired rows that Facebook has not refused.
func accepted(m *musterpb.Member) []*musterpb.Row {
	var rows []*musterpb.Row
	for _, r := range m.Desired {
		if !isRefused(m.Refused, r) {
			rows = append(rows, r)
		}
	}
	return rows
}
