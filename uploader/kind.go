package uploader

import (
	"context"
	"errors"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// blockKind is the reason for which an audience waits whose Facebook audience is
// value-based and should not be, or the other way round.
const blockKind = "audience_kind"

// suits reports whether rows may be sent to the Facebook audience: it is of the
// configured kind, or not known to be of the other. What is unknown is asked where
// rows are to carry LOOKALIKE_VALUE: nobody says what becomes of one in a plain
// audience. The other way round Facebook refuses by itself.
//
// Facebook never changes the kind of an audience, but people put another one in its
// place: a wrong one is asked again at each try.
func (t *task) suits(tx *consumer.Tx, a *audience, now time.Time) (ok bool, next time.Time) {
	switch {
	case a.kindIsRight(), a.row.Paused: // paused, nothing is sent
		return true, time.Time{}
	case a.flight:
		return false, time.Time{}
	case now.Before(a.link.sendAt):
		return false, a.link.sendAt
	}
	if ok, at := t.mayCall(a, now); !ok {
		return false, at
	}
	a.flight = true
	a.link.tries++
	id, account := a.id(), a.account()
	t.launch(tx, a, func(ctx context.Context) answer {
		c := newGraphCall(facebook.OpReadAudience, 0)
		read, usage, err := t.options.Facebook.Audience(ctx, id, "id", "is_value_based")
		c.done(err)
		t.budget.learn(account, usage, err, time.Now())
		return func(*consumer.Tx) error {
			a.flight = false
			a.note(c, t.now())
			t.touch(a)
			if err != nil {
				t.unread(a, err)
				return nil
			}
			t.budget.read(t.now())
			t.learnKind(a, kindOf(read.ValueBased), t.now())
			return nil
		}
	})
	return false, time.Time{}
}

func (a *audience) kindIsRight() bool {
	unknown := a.row.Kind == musterpb.AudienceKind_AUDIENCE_KIND_UNKNOWN
	return a.row.Kind == kindOf(a.options.ValueBased) || unknown && !a.options.ValueBased
}

// forgetKindBlock ends a block that the configuration has ended.
func (a *audience) forgetKindBlock() {
	if a.row.Block != nil && a.row.Block.Reason == blockKind && a.kindIsRight() {
		a.row.Block, a.changed = nil, true
	}
}

func kindOf(valueBased bool) musterpb.AudienceKind {
	if valueBased {
		return musterpb.AudienceKind_AUDIENCE_KIND_VALUE_BASED
	}
	return musterpb.AudienceKind_AUDIENCE_KIND_PLAIN
}

// learnKind keeps what Facebook says of the audience, and blocks it where that is
// not what is configured.
func (t *task) learnKind(a *audience, kind musterpb.AudienceKind, now time.Time) {
	a.link = link{}
	if a.row.Kind != kind {
		a.row.Kind, a.changed = kind, true
	}
	if kind == kindOf(a.options.ValueBased) {
		return
	}
	change := "name another one (audiences." + a.key + ".facebook_id), or delete it and have another one made (on_deleted: recreate)"
	title, remedy := "the Facebook audience is value-based, but no value trait is configured", "Set audiences."+a.key+".value_trait; or "+change+"."
	if a.options.ValueBased {
		title = "a value trait is configured, but the Facebook audience is not value-based, and Facebook never makes it so"
		remedy = "Remove audiences." + a.key + ".value_trait; or " + change + "."
	}
	t.halt(a, &musterpb.Block{Reason: blockKind, Title: title, Remedy: remedy, SinceMs: now.UnixMilli()}, now)
}

// unread decides what follows when an audience could not be read.
func (t *task) unread(a *audience, err error) {
	now := t.now()
	e, ok := errors.AsType[*facebook.Error](err)
	if !ok {
		e = &facebook.Error{Class: facebook.Transient, Title: "an error of no class"}
	}
	a.link.sendAt = now.Add(max(e.RetryAfter, t.retryWait(a.link.tries)))
	switch e.Class {
	case facebook.Transient, facebook.Unclassified, facebook.Withheld, facebook.TooLarge,
		facebook.Throttle, facebook.ThrottleApp, facebook.AudienceBusy, facebook.AudienceUnseen:
		return
	case facebook.Cooldown:
		t.budget.block(a.account(), blockOf(e, e.Class, now), now)
	case facebook.AudienceGone:
		if t.recreates(a) {
			t.unlink(a, now)
			break
		}
		t.blocked(a, e, e.Class, now)
	default:
		t.blocked(a, e, e.Class, now)
	}
	t.abandon(a, now, e.Class.String())
}
