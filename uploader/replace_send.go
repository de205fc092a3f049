package uploader

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// gatherReplace fills the session's next batch with a slice of the members. Each is
// logged under the session's number, with the rows among its synced ones (I4).
func (t *task) gatherReplace(tx *consumer.Tx, a *audience) error {
	r, p := a.row.Replace, a.replacing
	if p.batch == nil {
		p.batch = newBatch(replacingAll)
		p.batch.number, p.batch.layout, p.batch.shape = r.Batch, p.layout, a.options.shape()
		p.unanswered = false
	}
	b := p.batch
	for e, err := range tx.Scan(memberPrefix(a.key), p.from) {
		if err != nil {
			return err
		}
		if t.slice == 0 {
			return nil
		}
		t.slice--
		m, err := t.loadAt(tx, a, e.Key)
		if err != nil {
			return err
		}
		if rows := p.layout.fit(accepted(m.Member)); len(rows) > 0 {
			if !b.fits(rows, t.budget.rows(a.account(), t.options.MaxRows), t.options.MaxBatchBytes) {
				b.ready = true
				return nil
			}
			m.replaceBy(rows, r.Batch)
			if err := t.put(tx, a, m); err != nil {
				return err
			}
			b.append(item{user: m.user, rows: rows})
		}
		p.from = append(bytes.Clone(e.Key), 0)
	}
	b.ready, p.last = true, true
	if b.rows == 0 && len(p.spare.rows) > 0 {
		b.append(p.spare) // a request needs a row: one that was sent will do
	}
	return nil
}

// replaceBy puts rows among the synced ones, and remembers which are all that there
// will be once the batch, of a replacement, is confirmed.
func (m *member) replaceBy(rows []*musterpb.Row, batch int64) {
	before := without(m.Synced, rows)
	m.Synced = slices.Concat(before, rows)
	m.Batch, m.ReplacedRows = batch, 0
	if len(before) > 0 {
		m.ReplacedRows = uint32(len(rows))
	}
}

// sendReplace gathers the session's next batch and sends it, or says when to look
// again.
func (t *task) sendReplace(tx *consumer.Tx, a *audience, now time.Time) (next time.Time, err error) {
	r, p := a.row.Replace, a.replacing
	if r.Sent > 0 && now.After(time.UnixMilli(r.StartedMs).Add(facebook.SessionLife-t.options.RequestTimeout)) {
		t.breakOff(a, "it took more than Facebook's 90 minutes", false)
		return now, nil
	}
	if p.batch == nil || !p.batch.ready {
		if err := t.gatherReplace(tx, a); err != nil {
			return time.Time{}, err
		}
		if !p.batch.ready {
			return now, nil
		}
	}
	b := p.batch
	t.telemetry.batch(t.ctx, a, b, now)
	switch {
	case b.rows == 0:
		t.breakOff(a, "nobody is left to be sent", r.Sent == 0)
		return now, nil
	case now.Before(b.sendAt):
		return b.sendAt, nil
	}
	if ok, at := t.mayCall(a, now); !ok {
		return at, nil
	}
	if b.payload == nil {
		b.encode(a.account())
	}
	b.tries++
	a.flight = true
	if r.Answered == 0 {
		r.StartedMs = now.UnixMilli()
	}
	r.Sent, r.Last = r.Answered+1, p.last
	a.changed = true
	t.touch(a)
	try, waited, id, payload, rows := b.tries, b.attempt(now), a.id(), *b.payload, b.rows
	session := facebook.Session{ID: r.Session, Seq: r.Sent, Last: r.Last, Total: max(r.Total, int64(b.rows))}
	t.launch(tx, a, func(ctx context.Context) answer {
		c := newGraphCall(facebook.OpReplaceUsers, rows)
		result, err := t.options.Facebook.ReplaceUsers(facebook.WithTry(ctx, try, waited), id, payload, session)
		c.done(err)
		t.budget.learn(payload.Account, result.Usage, err, time.Now())
		return func(tx *consumer.Tx) error {
			a.note(c, t.now())
			return t.replaceAnswered(tx, a, r, b, result, err)
		}
	})
	return time.Time{}, nil
}

// replaceAnswered applies the answer to a batch of session r.
func (t *task) replaceAnswered(tx *consumer.Tx, a *audience, r *musterpb.Replace, b *batch, result facebook.UsersResult, err error) error {
	now := t.now()
	a.flight, b.since = false, now
	t.touch(a)
	a.count(now, outcomeRequests, 1)
	if a.row.Replace != r {
		return nil // it gave way to another Facebook audience meanwhile
	}
	if err != nil {
		t.replaceFailed(a, b, err, now)
		return nil
	}
	t.budget.passed(a.account(), now)
	t.budget.took(a.account(), b.rows, t.options.MaxRows)
	refused := 0
	rejected := b.rejected(result.InvalidRows)
	for _, it := range b.items {
		if len(rejected) == 0 {
			break
		}
		m, err := t.load(tx, a, it.user)
		if err != nil {
			return err
		}
		n, changed := t.refuseAdded(tx, a, m, it, rejected, now)
		if refused += n; changed {
			if err := t.put(tx, a, m); err != nil {
				return err
			}
		}
	}
	t.outcome(a, now, outcomeAdded, b.rows-refused)
	t.outcome(a, now, outcomeRefused, refused)
	t.batchTaken(a, now)
	return nil
}

// batchTaken: Facebook has the batch.
func (t *task) batchTaken(a *audience, now time.Time) {
	r, p := a.row.Replace, a.replacing
	a.row.Block = nil
	r.Answered = r.Sent
	r.Reached = bytes.Clone(p.from[len(memberPrefix(a.key)):]) // the next batch is not gathered yet
	a.changed = true
	p.spare = p.batch.items[len(p.batch.items)-1]
	p.batch.end("")
	p.batch = nil
	p.polls, p.pollAt = 0, now.Add(pollBase)
}

// replaceFailed decides what follows a batch that was not taken: the same again, or
// the end of the session.
func (t *task) replaceFailed(a *audience, b *batch, err error, now time.Time) {
	r, p := a.row.Replace, a.replacing
	e, ok := errors.AsType[*facebook.Error](err)
	if !ok {
		e = &facebook.Error{Class: facebook.Transient, Unknown: true, Title: "an error of no class"}
	}
	first := r.Sent == 1
	if e.Unknown {
		p.unanswered = true
		a.unknown = unknownAnswer{op: replacingAll, at: now}
	} else if !p.unanswered {
		r.Sent, r.Last = r.Answered, false // refused: it is not there
		a.changed = true
	}
	wait := max(e.RetryAfter, t.options.RetryBase)
	switch class := e.Class; class {
	case facebook.ReplaceFailed:
		if e.Subcode == facebook.SubcodeFinished && r.Last && p.unanswered {
			t.batchTaken(a, now) // by the try that was not answered
			return
		}
		t.breakOff(a, e.Title, false)
		return
	case facebook.TooLarge:
		t.budget.tooLarge(a.account(), b.rows)
		t.breakOff(a, e.Title, false)
		return
	case facebook.BadRequest, facebook.AudienceRefused:
		t.breakOff(a, e.Title, true)
		return
	case facebook.Throttle, facebook.ThrottleApp, facebook.Withheld:
		b.tries--
	case facebook.AudienceBusy, facebook.AudienceUnseen:
		if !first {
			t.breakOff(a, e.Title, false)
			return
		}
		b.tries--
		wait = max(wait, busyWait)
	case facebook.Cooldown:
		t.budget.block(a.account(), blockOf(e, class, now), now)
	case facebook.Transient, facebook.Unclassified, facebook.LowSize:
		wait = max(e.RetryAfter, b.wait(&t.options))
		if b.tries >= t.options.MaxTries {
			t.breakOff(a, e.Title, false)
			return
		}
	case facebook.AudienceGone:
		if t.recreates(a) {
			t.breakOff(a, e.Title, false)
			t.unlink(a, now)
			return
		}
		fallthrough
	default:
		t.blocked(a, e, class, now)
	}
	if first && e.Unknown {
		t.breakOff(a, "the first batch was not answered", false)
		return
	}
	b.sendAt = now.Add(wait)
}
