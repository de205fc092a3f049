package uploader

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// askDelete has the Facebook audience deleted, if Muster made it. Nothing is sent after
// it until somebody resumes the audience, which makes it anew.
func (t *task) askDelete(a *audience) *musterpb.Block {
	switch {
	case a.row.Forgetting:
		return t.goesDown()
	case a.row.FacebookId == "":
		return t.refusal("Nothing is needed.", "the audience has no Facebook audience")
	case a.row.Origin != musterpb.Origin_ORIGIN_CREATED && a.row.Origin != musterpb.Origin_ORIGIN_FOUND:
		return t.refusal("Delete it in the Ads Manager: "+audiencesPage(a)+".", "Muster did not make Facebook audience %s", a.row.FacebookId)
	}
	if other := t.holderOf(a.id(), a); other != "" {
		return t.refusal("Name that key, if it is to be deleted.", "audience %q has Facebook audience %s", other, a.row.FacebookId)
	}
	a.row.Deleting, a.row.Paused = true, true // a replacement waits: it goes on if Facebook refuses
	return nil
}

func audiencesPage(a *audience) string {
	return "https://business.facebook.com/adsmanager/audiences?act=" + a.row.Account
}

// deleteIt asks Facebook for the deletion, again where nobody knows what became of it:
// one that is gone is deleted.
func (t *task) deleteIt(tx *consumer.Tx, a *audience, now time.Time) (next time.Time) {
	l := &a.link
	if at := later(l.sendAt, later(a.unknown.over(t.options.RequestTimeout), a.blockedUntil)); now.Before(at) {
		return at
	}
	if ok, at := t.mayCall(a, now); !ok {
		return at
	}
	a.flight = true
	l.tries++
	account, id := a.account(), a.id()
	span := t.telemetry.deleting(t.ctx, a)
	t.launch(tx, a, func(ctx context.Context) answer {
		c := newGraphCall(facebook.OpDeleteAudience, 0)
		usage, err := t.options.Facebook.DeleteAudience(trace.ContextWithSpan(ctx, span), id)
		c.done(err)
		t.budget.learn(account, usage, err, time.Now())
		if facebook.ClassOf(err) == facebook.AudienceGone && t.isThere(ctx, account, id) {
			err = notDeleted(account, id)
		}
		span.End()
		return func(tx *consumer.Tx) error {
			a.flight = false
			a.note(c, t.now())
			a.count(t.now(), outcomeRequests, 1)
			t.touch(a)
			if a.id() != id {
				return nil
			}
			return t.deleted(tx, a, err)
		}
	})
	return time.Time{}
}

// isThere reports whether an audience can be read of which Facebook says that it does
// not exist: it says the same of what a token may not change.
func (t *task) isThere(ctx context.Context, account facebook.AccountID, id facebook.AudienceID) bool {
	_, usage, err := t.options.Facebook.Audience(ctx, id, "id")
	t.budget.learn(account, usage, err, time.Now())
	return facebook.ClassOf(err) != facebook.AudienceGone
}

func notDeleted(account facebook.AccountID, id facebook.AudienceID) error {
	return &facebook.Error{
		Class: facebook.Permission, Scope: facebook.ScopeAudience,
		Title:  "Facebook audience " + string(id) + " is there, but the token may not delete it",
		Remedy: "Give the token's user the Admin role on ad account " + string(account) + ", or delete it in the Ads Manager.",
	}
}

// deleted applies the answer.
func (t *task) deleted(tx *consumer.Tx, a *audience, err error) error {
	now, l := t.now(), &a.link
	e, ok := errors.AsType[*facebook.Error](err)
	switch {
	case err != nil && !ok:
		e = &facebook.Error{Class: facebook.Transient, Unknown: true, Title: "an error of no class"}
	case err == nil, e.Class == facebook.AudienceGone:
		t.budget.passed(a.account(), now)
		t.options.Logger.Info("the Facebook audience is deleted", "audience", a.key, "facebook_id", a.row.FacebookId)
		a.row.DeletedId, a.row.GoneId = a.row.FacebookId, ""
		a.row.FacebookId, a.row.Origin, a.row.Account = "", musterpb.Origin_ORIGIN_NONE, ""
		a.row.Deleting, a.row.ContentUnknown, a.row.Block = false, false, nil
		if a.row.AdoptedId == a.row.DeletedId {
			a.row.AdoptedId = ""
		}
		err := t.begin(tx, a) // what it held is gone
		a.link = link{since: now}
		return err
	}
	l.sendAt = now.Add(max(e.RetryAfter, t.retryWait(l.tries)))
	switch e.Class {
	case facebook.Transient, facebook.Unclassified, facebook.Withheld, facebook.Throttle, facebook.ThrottleApp,
		facebook.AudienceBusy, facebook.AudienceUnseen:
	case facebook.Cooldown:
		t.budget.block(a.account(), blockOf(e, e.Class, now), now)
	case facebook.AudienceRefused, facebook.BadRequest:
		a.row.Deleting = false
		a.row.OrderRefused = t.refusal(e.Remedy+" The audience stays paused; muster audience resume "+a.key+" goes on with it.", "Facebook audience %s was not deleted: %s", a.row.FacebookId, e.Title)
		a.changed = true
	default:
		t.blocked(a, e, e.Class, now)
	}
	return nil
}
