package uploader

import (
	"errors"
	"log/slog"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/uploader/facebook"
)

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
		e.failures.Failed(t.ctx, t.options.Logger, slog.LevelWarn, "Facebook does not answer as it should to the removal of erased users from the ad account, trying again",
			"account", e.account, "class", x.Class.String(), "error", x)
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
