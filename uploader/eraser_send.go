package uploader

import (
	"bytes"
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
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
	b, rows := e.gathering, t.budget.rows(e.account, t.options.MaxRows)
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
		case x.RefusedMs != 0 && now.Before(at):
			e.again = sooner(e.again, at)
		case !fits, b.rows > 0 && hasExternID(x.Rows[0]) != hasExternID(b.items[0].rows[0]):
			e.again = now
		default:
			b.append(item{user: x.erasure.User, erasedAtMs: x.erasure.AtMs, rows: x.Rows})
		}
		if !fits {
			break
		}
		e.from = append(bytes.Clone(entry.Key), 0)
	}
	e.lookAt, e.from, e.gathering = e.again, nil, nil
	if b.rows > 0 {
		e.batches, e.splits, e.lookAt = []*batch{b}, 0, now
	}
	return false, nil
}

func readEntry(e consumer.Entry) (*entry, error) {
	key := bytes.Clone(e.Key)
	_, id, err := schema.ParseAccountErasureKey(key)
	if err != nil {
		return nil, err
	}
	return decodeEntry(key, id, e.Value)
}

// sendErasures starts a request as soon as it may go, or says when to look again. Its
// entries are in the log.
func (t *task) sendErasures(tx *consumer.Tx, e *eraser, now time.Time) (next time.Time) {
	if at := later(e.sendAt, e.unknown); now.Before(at) {
		return at
	}
	b := e.batches[0]
	if ok, at := t.mayClaim(e.account, &claim{eraser: e, task: t, since: e.lastCall, rows: b.rows}, now); !ok {
		return at
	}
	if b.payload == nil {
		b.encode(e.account)
	}
	b.tries++
	e.lastCall, e.flight = now, true
	try, account, payload := b.tries, e.account, *b.payload
	span := t.telemetry.erasingAccount(t.ctx, account, len(b.items))
	t.launchOn(tx, account, span, func(ctx context.Context) answer {
		result, err := t.options.Facebook.RemoveEverywhere(facebook.WithTry(ctx, try), account, payload)
		t.budget.learn(account, result.Usage, err, time.Now())
		trace.SpanFromContext(ctx).End()
		return func(tx *consumer.Tx) error { return t.erasuresAnswered(tx, e, b, result, err) }
	})
	return time.Time{}
}

// erasuresAnswered applies the answer to a batch. That it was carried out says nothing of
// what an audience is refused for, so it ends no block of the account.
func (t *task) erasuresAnswered(tx *consumer.Tx, e *eraser, b *batch, result facebook.UsersResult, err error) error {
	now := t.now()
	e.flight, e.overdue.lookAt = false, now
	if err != nil {
		return t.erasuresFailed(tx, e, b, err, now)
	}
	t.budget.read(now)
	t.budget.took(e.account, b.rows, t.options.MaxRows)
	e.batches, e.block = e.batches[1:], nil
	rejected := b.rejected(result.InvalidRows)
	return t.eachEntry(tx, e, b, func(x *entry, it item) {
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

// eachEntry has f change the entries of a batch that are not over, and logs them.
func (t *task) eachEntry(tx *consumer.Tx, e *eraser, b *batch, f func(*entry, item)) error {
	for _, it := range b.items {
		x, err := t.entry(tx, e.account, schema.Erasure{User: it.user, AtMs: it.erasedAtMs})
		switch {
		case err != nil:
			return err
		case x == nil, x.over():
			continue
		}
		f(x, it)
		if err := t.putEntry(tx, x); err != nil {
			return err
		}
	}
	return nil
}

// erasuresFailed decides what follows a request that did not succeed. What needs a person
// holds up the erasures of the account, and nothing else: Facebook may refuse this request
// to those whom it allows all others.
func (t *task) erasuresFailed(tx *consumer.Tx, e *eraser, b *batch, err error, now time.Time) error {
	x, ok := errors.AsType[*facebook.Error](err)
	if !ok {
		x = &facebook.Error{Class: facebook.Transient, Unknown: true, Title: "an error of no class"}
	}
	if x.Unknown {
		// Whoever is to be added again because of it is added after the repeat, which
		// must be the last to take effect.
		e.unknown = now.Add(t.options.RequestTimeout)
	}
	switch x.Class {
	case facebook.TooLarge, facebook.BadRequest, facebook.LowSize:
		return t.halveErasures(tx, e, b, x, now)
	case facebook.Withheld:
		e.sendAt = now.Add(t.options.RetryBase)
	case facebook.Throttle, facebook.ThrottleApp: // the budget knows already
	case facebook.Cooldown:
		t.budget.block(e.account, blockOf(x, x.Class, now), now)
	case facebook.Transient, facebook.Unclassified, facebook.AudienceBusy, facebook.AudienceUnseen, facebook.ReplaceFailed:
		e.sendAt = now.Add(max(x.RetryAfter, b.wait(&t.options)))
	default:
		t.blockEraser(e, x, now)
	}
	return nil
}

// halveErasures finds who it is for whose sake Facebook refuses the request.
func (t *task) halveErasures(tx *consumer.Tx, e *eraser, b *batch, x *facebook.Error, now time.Time) error {
	if x.Class == facebook.TooLarge {
		t.budget.tooLarge(e.account, b.rows)
	} else {
		e.splits++
	}
	e.batches = e.batches[1:]
	if len(b.items) > 1 && e.splits <= maxSplits {
		first, second := b.halve()
		e.batches = append([]*batch{first, second}, e.batches...)
		return nil
	}
	block := blockOf(x, x.Class, now)
	e.block = block
	t.telemetry.blocked(t.ctx, x.Class.String())
	t.options.Logger.Error("facebook refuses to remove erased users from all audiences of the ad account; it is tried again", "account", e.account, "users", len(b.items), "error", x)
	return t.eachEntry(tx, e, b, func(x *entry, it item) {
		if x.RefusedMs == 0 {
			t.auditEntry(x, schema.AuditRefused, int64(len(it.rows)))
		}
		x.RefusedMs = now.UnixMilli()
	})
}

// blockEraser waits for a person; it is tried again every SlowBeat. Only what is wrong with
// the app or its token holds up others.
func (t *task) blockEraser(e *eraser, x *facebook.Error, now time.Time) {
	block := blockOf(x, x.Class, now)
	if x.Scope == facebook.ScopeApp {
		t.budget.block("", block, now)
	}
	e.sendAt = now.Add(t.options.SlowBeat)
	if e.block == nil || e.block.Reason != block.Reason {
		t.telemetry.blocked(t.ctx, x.Class.String())
		t.options.Logger.Error("facebook does not remove erased users from all audiences of the ad account until somebody acts", "account", e.account, "class", x.Class.String(), "error", x)
		e.block = block
	}
}

// callOff ends the erasures of an account that the configuration does not ask for any more.
func (t *task) callOff(tx *consumer.Tx, e *eraser, now time.Time) (next time.Time, err error) {
	if e.lookAt.IsZero() || now.Before(e.lookAt) {
		return e.lookAt, nil
	}
	for entry, err := range tx.Scan(schema.AccountErasurePrefix(string(e.account)), e.from) {
		if err != nil {
			return time.Time{}, err
		}
		if t.slice == 0 {
			return now, nil
		}
		t.slice--
		x, err := readEntry(entry)
		if err != nil {
			return time.Time{}, err
		}
		e.from = append(bytes.Clone(entry.Key), 0)
		switch at := time.UnixMilli(x.SinceMs).Add(CalledOffAfter); {
		case x.over():
		case now.Before(at):
			e.again = sooner(e.again, at)
		default:
			t.auditEntry(x, schema.AuditCalledOff, int64(len(x.Rows)))
			x.CalledOff, x.Rows = true, nil
			if err := t.putEntry(tx, x); err != nil {
				return time.Time{}, err
			}
		}
	}
	e.lookAt, e.from, e.again = e.again, nil, time.Time{}
	e.overdue.lookAt = now
	return e.lookAt, nil
}

// auditEntry notes a step that the topic of audits is to be told of.
func (t *task) auditEntry(x *entry, step string, rows int64) {
	if t.options.Audit != "" {
		x.Audit = append(x.Audit, &musterpb.AuditStep{Step: step, Rows: rows, AtMs: t.now().UnixMilli()})
	}
}
