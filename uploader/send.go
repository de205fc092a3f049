package uploader

import (
	"context"
	"time"

	"muster/consumer"
	"muster/uploader/facebook"
)

// send starts an attempt at the window's batch as soon as it may go, or says
// when to look again. Its number and members are in the log before (I4): in this
// Tx, after whose commit the attempt begins, or in an earlier one.
func (t *task) send(tx *consumer.Tx, a *audience, b *batch, now time.Time) (next time.Time, err error) {
	t.telemetry.batch(t.ctx, a, b, now)
	if now.Before(b.sendAt) {
		return b.sendAt, nil
	}
	if over := a.unknown.over(t.options.RequestTimeout); a.unknown.op != b.op && now.Before(over) {
		return over, nil
	}
	if ok, at := t.mayCall(a, now); !ok {
		return at, nil
	}
	if b.payload == nil {
		b.encode(a.account())
	}
	b.tries++
	a.flight = true
	try, waited, id, payload, act, op := b.tries, b.attempt(now), a.id(), *b.payload, t.options.Facebook.AddUsers, facebook.OpAddUsers
	if b.op == removing {
		act, op = t.options.Facebook.RemoveUsers, facebook.OpRemoveUsers
	}
	rows := b.rows
	t.launch(tx, a, func(ctx context.Context) answer {
		c := newGraphCall(op, rows)
		result, err := act(facebook.WithTry(ctx, try, waited), id, payload)
		c.done(err)
		t.budget.learn(payload.Account, result.Usage, err, time.Now())
		return func(tx *consumer.Tx) error {
			a.note(c, t.now())
			return t.answered(tx, a, b, result, err)
		}
	})
	return time.Time{}, nil
}

// answered applies the answer to a batch.
func (t *task) answered(tx *consumer.Tx, a *audience, b *batch, result facebook.UsersResult, err error) error {
	now := t.now()
	a.flight, b.since = false, now
	t.touch(a)
	a.count(now, outcomeRequests, 1)
	if err != nil {
		return t.failed(tx, a, b, err, now)
	}
	t.budget.passed(a.account(), now)
	t.troubles.of(a.account()).Recovered(a.under(t.ctx), t.options.Logger, "Facebook answers again", "account", a.account())
	t.budget.took(a.account(), b.rows, t.options.MaxRows)
	a.row.Block = nil
	a.window.batch = nil
	b.end("")
	if b.op == removing {
		return t.removed(tx, a, b, b.rejected(result.InvalidRows), now)
	}
	return t.added(tx, a, b, b.rejected(result.InvalidRows), now)
}
