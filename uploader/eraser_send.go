package uploader

import (
	"bytes"
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"

	"muster/consumer"
	"muster/schema"
	"muster/uploader/facebook"
)

// stepEraser moves the erasures of one ad account on and says when to look again.
func (t *task) stepEraser(tx *consumer.Tx, e *eraser, now time.Time) (next time.Time, err error) {
	switch {
	case e.flight:
		return time.Time{}, nil
	case !t.options.wants(e.account):
		return t.callOff(tx, e, now)
	}
	if len(e.batches) == 0 {
		if e.lookAt.IsZero() || now.Before(e.lookAt) {
			return e.lookAt, nil
		}
		if more, err := t.gatherErasures(tx, e, now); err != nil || more {
			return now, err
		}
		if len(e.batches) == 0 {
			return e.lookAt, nil
		}
	}
	return t.sendErasures(tx, e, now), nil
}

// gatherErasures fills a batch with pending erasures, the oldest first. true: the Tick's
// slice is used up before the end.
func (t *task) gatherErasures(tx *consumer.Tx, e *eraser, now time.Time) (more bool, err error) {
	if e.gathering == nil {
		e.gathering, e.again = newBatch(removing), time.Time{}
	}
	b, rows, full := e.gathering, t.budget.rows(e.account, t.options.MaxRows), false
	for entry, err := range tx.Scan(schema.AccountErasurePrefix(string(e.account)), e.from) {
		if err != nil {
			return false, err
		}
		if t.slice == 0 {
			return true, nil
		}
		t.slice--
		x, err := readEntry(entry)
		if err != nil {
			return false, err
		}
		fits := b.fits(x.Rows, rows, t.options.MaxBatchBytes)
		switch at := time.UnixMilli(x.RefusedMs).Add(t.options.OwedEvery); {
		case x.over(), len(x.Rows) == 0:
		case x.RefusedMs > e.retriedMs && now.Before(at):
			e.again = sooner(e.again, at)
		case !fits, b.rows > 0 && hasExternID(x.Rows[0]) != hasExternID(b.items[0].rows[0]):
			e.again = now
		default:
			b.append(item{user: x.erasure.User, erasedAtMs: x.erasure.AtMs, rows: x.Rows})
		}
		if !fits {
			full = true
			break
		}
		e.from = append(bytes.Clone(entry.Key), 0)
	}
	e.lookAt, e.from, e.gathering = e.again, nil, nil
	if b.rows == 0 {
		return false, nil
	}
	if until := t.gathersUntil(e, now); !full && now.Before(until) {
		e.lookAt = until
		return false, nil
	}
	e.batches, e.splits, e.lookAt = []*batch{b}, 0, now
	return false, nil
}

// gathersUntil is until when erasures that do not fill a request wait for others to go
// with them. Each task has its own: on an account that is busy they wait for a window, as
// audiences do, or with many tasks the requests of all would take the audiences' place.
func (t *task) gathersUntil(e *eraser, now time.Time) time.Time {
	until := e.lastCall.Add(t.options.Window)
	if e.lastCall.IsZero() || t.budget.easy(e.account, now) {
		return time.Time{}
	}
	return sooner(until, now.Add(lookEvery)) // there may be room by then
}

// sendErasures starts a request as soon as it may go, or says when to look again. Its
// entries are in the log.
func (t *task) sendErasures(tx *consumer.Tx, e *eraser, now time.Time) (next time.Time) {
	b := e.batches[0]
	b.waiting(now)
	if at := later(e.sendAt, e.unknown); now.Before(at) {
		return at
	}
	if ok, at := t.mayClaim(e.account, &claim{eraser: e, task: t, since: e.lastCall, rows: b.rows}, now); !ok {
		return at
	}
	if b.payload == nil {
		b.encode(e.account)
	}
	b.tries++
	e.lastCall, e.flight = now, true
	try, waited, account, payload := b.tries, b.attempt(now), e.account, *b.payload
	span := t.telemetry.erasingAccount(t.ctx, account, len(b.items))
	t.launchOn(tx, account, span, func(ctx context.Context) answer {
		result, err := t.options.Facebook.RemoveEverywhere(facebook.WithTry(ctx, try, waited), account, payload)
		t.budget.learn(account, result.Usage, err, time.Now())
		trace.SpanFromContext(ctx).End()
		return func(tx *consumer.Tx) error { return t.erasuresAnswered(tx, e, b, result, err) }
	})
	return time.Time{}
}

// erasuresAnswered applies the answer to a batch. That it was carried out says nothing of
// what an audience is refused for, so it ends no block of the account but a rest.
func (t *task) erasuresAnswered(tx *consumer.Tx, e *eraser, b *batch, result facebook.UsersResult, err error) error {
	now := t.now()
	e.flight, b.since, e.overdue.lookAt = false, now, now
	if err != nil {
		return t.erasuresFailed(tx, e, b, err, now)
	}
	e.failures.Recovered(t.ctx, t.options.Logger, "Facebook removes erased users from the ad account again", "account", e.account)
	t.budget.read(now)
	t.budget.rested(e.account, now)
	t.budget.took(e.account, b.rows, t.options.MaxRows)
	e.batches, e.block = e.batches[1:], nil
	rejected := b.rejected(result.InvalidRows)
	return t.eachEntry(tx, e, b, func(x *entry, it item) {
		if len(without(x.Rows, it.rows)) > 0 {
			return // more of the person was said meanwhile: all of it is sent again
		}
		rows := int64(0)
		for _, r := range it.rows {
			if _, ok := rejected[r]; !ok {
				rows++
			}
		}
		x.Removed = true
		t.auditEntry(x, schema.AuditRemoved, rows)
	})
}
