package uploader

import (
	"errors"
	"log/slog"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

const (
	// maxSplits is how many bad requests a window halves to find the rows that
	// are at fault: two rows in a full batch. With more, the requests themselves
	// are wrong, and the audience is blocked instead of spending the budget.
	maxSplits = 32
	// unseenFor is how long Facebook may not know an audience that was just made.
	unseenFor = 10 * time.Minute
	// busyWait is the least wait for an audience that Facebook is working on.
	busyWait = time.Minute
)

// failed decides what follows an attempt that did not succeed: the same request
// again, halves of it, its rows set aside, or the end of the window. A batch that
// fails stays open: its members are unconfirmed.
func (t *task) failed(tx *consumer.Tx, a *audience, b *batch, err error, now time.Time) error {
	e, ok := errors.AsType[*facebook.Error](err)
	if !ok {
		e = &facebook.Error{Class: facebook.Transient, Unknown: true, Title: "an error of no class"}
	}
	if e.Unknown {
		a.noAnswer(b, now, t.options.RequestTimeout)
	}
	switch class := t.classFor(a, b, e, now); class {
	case facebook.LowSize:
		return t.tooSmall(tx, a, b, now)
	case facebook.TooLarge, facebook.BadRequest:
		return t.tooMuch(tx, a, b, e, now)
	case facebook.Withheld:
		b.sendAt = now.Add(t.options.RetryBase)
		b.tries--
	case facebook.Throttle, facebook.ThrottleApp: // the budget knows already
		b.tries--
	case facebook.Cooldown:
		t.budget.block(a.account(), blockOf(e, class, now), now)
		t.abandon(a, now, class.String())
	case facebook.AudienceBusy, facebook.ReplaceFailed, facebook.AudienceUnseen:
		b.sendAt = now.Add(max(e.RetryAfter, t.options.RetryBase))
		if class != facebook.AudienceUnseen {
			b.sendAt = now.Add(max(e.RetryAfter, busyWait))
		}
		b.tries--
	case facebook.Transient, facebook.Unclassified:
		t.troubles.of(a.account()).Failed(a.under(t.ctx), t.options.Logger, slog.LevelWarn, "Facebook does not answer as it should, trying again",
			"account", a.account(), "audience", a.key, "class", class.String(), "try", b.tries, "error", e)
		if b.tries >= t.options.MaxTries {
			t.abandon(a, now.Add(t.options.RetryMax), class.String())
			return nil
		}
		b.sendAt = now.Add(max(e.RetryAfter, b.wait(&t.options)))
	case facebook.AudienceGone:
		if t.recreates(a) {
			t.unlink(a, now)
			t.abandon(a, now, class.String())
			return nil
		}
		fallthrough
	default:
		t.blocked(a, e, class, now)
		t.abandon(a, now, class.String())
	}
	return nil
}

// classFor corrects the class by what only the caller knows.
func (t *task) classFor(a *audience, b *batch, e *facebook.Error, now time.Time) facebook.Class {
	switch {
	case e.Class == facebook.AudienceUnseen && now.Sub(time.UnixMilli(a.row.LinkedMs)) > unseenFor:
		return facebook.AudienceGone
	case e.Class == facebook.LowSize && b.op == adding:
		return facebook.Transient
	}
	return e.Class
}

// tooSmall: a refused removal holds nothing up. Adds go; it is tried once more,
// and then stays owed.
func (t *task) tooSmall(tx *consumer.Tx, a *audience, b *batch, now time.Time) error {
	w := a.window
	w.batch = nil
	w.refused = true
	b.end(facebook.LowSize.String())
	if !w.again {
		return nil
	}
	t.outcome(a, now, outcomeOwed, b.rows)
	return t.owe(tx, a, b, now)
}

// tooMuch halves a batch that is too large, or of which some row makes the
// request a bad one.
func (t *task) tooMuch(tx *consumer.Tx, a *audience, b *batch, e *facebook.Error, now time.Time) error {
	w := a.window
	if e.Class == facebook.BadRequest {
		w.splits++
	} else {
		t.budget.tooLarge(a.account(), b.rows)
	}
	switch {
	case e.Class == facebook.BadRequest && w.splits > maxSplits,
		e.Class == facebook.TooLarge && len(b.items) == 1:
		t.blocked(a, e, e.Class, now)
		t.abandon(a, now, e.Class.String())
		return nil
	case len(b.items) == 1:
		w.batch = nil
		b.end(e.Class.String())
		return t.refuse(tx, a, b, e.Code, now)
	}
	b.end(e.Class.String())
	return t.split(tx, a, b)
}

// blocked holds what the error reaches until a person has acted; it is tried
// again every SlowBeat.
func (t *task) blocked(a *audience, e *facebook.Error, class facebook.Class, now time.Time) {
	block := blockOf(e, class, now)
	t.telemetry.blocked(t.ctx, class.String())
	t.options.Logger.ErrorContext(a.under(t.ctx), "facebook refuses until somebody acts", "audience", a.key, "class", class.String(), "error", e)
	switch e.Scope {
	case facebook.ScopeApp:
		t.budget.block("", block, now)
	case facebook.ScopeAccount:
		t.budget.block(a.account(), block, now)
	default:
		t.block(a, block, now)
	}
}

func blockOf(e *facebook.Error, class facebook.Class, now time.Time) *musterpb.Block {
	return &musterpb.Block{Reason: class.String(), Title: e.Title, Remedy: e.Remedy, SinceMs: now.UnixMilli()}
}

// block holds one audience.
func (t *task) block(a *audience, b *musterpb.Block, now time.Time) {
	if old := a.row.Block; old != nil && old.Reason == b.Reason {
		b.SinceMs = old.SinceMs
	}
	a.row.Block = b
	a.changed = true
	a.blockedUntil = now.Add(t.options.SlowBeat)
	t.touch(a)
}

// halt ends the window of an audience that is wrongly configured: it is tried again
// every SlowBeat.
func (t *task) halt(a *audience, b *musterpb.Block, now time.Time) {
	if a.row.Block == nil || a.row.Block.Reason != b.Reason {
		t.telemetry.blocked(t.ctx, b.Reason)
		t.options.Logger.ErrorContext(a.under(t.ctx), "nothing is sent to the audience until somebody acts", "audience", a.key, "reason", b.Reason, "problem", b.Title, "remedy", b.Remedy)
	}
	t.block(a, b, now)
	t.abandon(a, now, b.Reason)
}
