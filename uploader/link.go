package uploader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// link is how an audience without a Facebook id comes to one: a listing, and if
// nothing in it bears the marker, a creation.
//
//	          found                         created
//	looking ─────────► linked ◄──────────────────────── creating
//	   │  not found                                       ▲ │
//	   └──────────────────────────────────────────────────┘ │
//	   ▲            unknown answer: list anew, later         │
//	   └─────────────────────────────────────────────────────┘
type link struct {
	absent bool      // a listing begun after since has no such marker
	since  time.Time // a listing must begin after this, and after openAt
	sendAt time.Time // no step before
	tries  int
}

// find takes the next step towards a Facebook id.
func (t *task) find(tx *consumer.Tx, a *audience, now time.Time) (next time.Time, err error) {
	l := &a.link
	switch {
	case a.flight:
		return time.Time{}, nil
	case now.Before(l.sendAt):
		return l.sendAt, nil
	}
	if a.options.Account == "" {
		t.block(a, &musterpb.Block{Reason: "no_account", Title: "no ad account is configured for the audience",
			Remedy: "Set facebook.ad_account, or the account of this audience.", SinceMs: now.UnixMilli()}, now)
		t.abandon(a, now, "no_account")
		return time.Time{}, nil
	}
	if a.row.Account != string(a.options.Account) {
		a.row.Account = string(a.options.Account)
		a.changed = true
		t.touch(a)
	}
	if b := t.mayName(a, now); b != nil {
		t.halt(a, b, now)
		return time.Time{}, nil
	}
	if b := t.mayCreate(a, now); b != nil {
		t.hold(a, b, now)
		t.abandon(a, now, b.Reason)
		return time.Time{}, nil
	}
	if ok, at := t.mayCall(a, now); !ok {
		return at, nil
	}
	a.flight = true
	l.tries++
	if !l.absent {
		t.look(tx, a)
		return time.Time{}, nil
	}
	t.create(tx, a)
	return time.Time{}, nil
}

// mayCreate returns why an audience that Facebook does not have must not be made
// yet; nil if it may, or if nobody knows whether Facebook has it.
func (t *task) mayCreate(a *audience, now time.Time) *musterpb.Block {
	if !a.link.absent {
		return nil
	}
	if t.options.HoldNew && !a.row.Approved {
		return &musterpb.Block{
			Reason: blockNew, SinceMs: now.UnixMilli(), Title: "the audience is new: Facebook has none for it",
			Remedy: "To have it created, run muster audience release " + a.key + ".",
		}
	}
	if n := t.directory.size(a.account()); n >= t.options.MaxAudiences && !a.row.BeyondLimit {
		a.link = link{since: now} // they are counted again next time
		return &musterpb.Block{
			Reason: blockAudiences, SinceMs: now.UnixMilli(), Title: fmt.Sprintf("ad account %s holds %d audiences", a.account(), n),
			Remedy: "Delete audiences that nobody uses, or raise max_audiences; to have this one made all the same, run muster audience release " + a.key + ". Facebook's own limit is 500 customer lists.",
		}
	}
	return nil
}

func (t *task) look(tx *consumer.Tx, a *audience) {
	account, m, since := a.account(), markerOf(t.options.Installation, a.key), later(t.openAt, a.link.since)
	if name := a.options.FacebookName; name != "" {
		t.lookByName(tx, a, name, since)
		return
	}
	t.launch(tx, a, func(ctx context.Context) answer {
		c := newGraphCall(facebook.OpListAudiences, 0)
		id, filled, err := t.directory.find(ctx, account, m, since)
		c.done(err)
		return func(tx *consumer.Tx) error {
			a.flight = false
			if err != nil { // one that passed may have been another audience's
				a.note(c, t.now())
				t.unlinked(a, err)
				return nil
			}
			t.budget.read(t.now())
			if id == "" {
				a.link.absent, a.link.tries = true, 0
				return nil
			}
			if string(id) == a.row.GoneId {
				t.stillListed(a)
				return nil
			}
			if string(id) == a.row.DeletedId { // listings may follow a deletion late
				a.link.absent, a.link.tries = true, 0
				return nil
			}
			t.budget.passed(account, t.now())
			return t.setID(tx, a, id, musterpb.Origin_ORIGIN_FOUND, filled)
		}
	})
}

// lookByName finds an existing audience by its configured name. None is made.
func (t *task) lookByName(tx *consumer.Tx, a *audience, name string, since time.Time) {
	account := a.account()
	t.launch(tx, a, func(ctx context.Context) answer {
		c := newGraphCall(facebook.OpListAudiences, 0)
		ids, err := t.directory.named(ctx, account, name, since)
		c.done(err)
		return func(tx *consumer.Tx) error {
			a.flight = false
			if err != nil {
				a.note(c, t.now())
				t.unlinked(a, err)
				return nil
			}
			now := t.now()
			t.budget.read(now)
			if len(ids) == 1 {
				a.row.FacebookName = name
				return t.setID(tx, a, ids[0], musterpb.Origin_ORIGIN_NAMED, true)
			}
			a.link.since = now // listed anew next time
			t.block(a, &musterpb.Block{
				Reason: "facebook_name", SinceMs: now.UnixMilli(),
				Title:  fmt.Sprintf("ad account %s has %d audiences of the configured facebook_name", account, len(ids)),
				Remedy: "Name one audience by its id: facebook_id.",
			}, now)
			t.abandon(a, now, "facebook_name")
			return nil
		}
	})
}

func (t *task) create(tx *consumer.Tx, a *audience) {
	account := a.account()
	n := facebook.NewAudience{Source: a.options.Source, ValueBased: a.options.ValueBased}
	n.Name, n.Description, _ = t.named(a) // mayName has seen that it can be
	t.launch(tx, a, func(ctx context.Context) answer {
		c := newGraphCall(facebook.OpCreateAudience, 0)
		id, usage, err := t.options.Facebook.CreateAudience(ctx, account, n)
		c.done(err)
		t.budget.learn(account, usage, err, time.Now())
		return func(tx *consumer.Tx) error {
			now := t.now()
			a.note(c, now)
			a.flight = false
			a.count(now, outcomeRequests, 1)
			if err != nil {
				t.unlinked(a, err)
				return nil
			}
			t.budget.passed(account, now)
			t.directory.made(account)
			return t.setID(tx, a, id, musterpb.Origin_ORIGIN_CREATED, false)
		}
	})
}

// unlinked decides what follows a listing or a creation that failed. A creation
// that may have been carried out is followed by a new listing, not by another
// creation, and not before it can no longer happen.
func (t *task) unlinked(a *audience, err error) {
	now, l := t.now(), &a.link
	t.touch(a)
	e, ok := errors.AsType[*facebook.Error](err)
	if !ok {
		e = &facebook.Error{Class: facebook.Transient, Unknown: l.absent, Title: "an error of no class"}
	}
	l.sendAt = now.Add(max(e.RetryAfter, t.retryWait(l.tries)))
	if e.Unknown {
		l.absent = false
		l.since = now.Add(t.options.RequestTimeout)
		l.sendAt = l.since
		a.unknown = unknownAnswer{op: adding, at: now}
	}
	switch e.Class {
	case facebook.Transient, facebook.Unclassified, facebook.Withheld, facebook.TooLarge,
		facebook.Throttle, facebook.ThrottleApp:
	case facebook.Cooldown:
		t.budget.block(a.account(), blockOf(e, e.Class, now), now)
		t.abandon(a, now, e.Class.String())
	default:
		t.blocked(a, e, e.Class, now)
		t.abandon(a, now, e.Class.String())
	}
}

// retryWait doubles from RetryBase to RetryMax.
func (t *task) retryWait(tries int) time.Duration {
	return min(t.options.RetryBase<<min(max(tries-1, 0), 16), t.options.RetryMax)
}

// recreates reports whether an audience that is gone from Facebook is made anew:
// where that is configured, and only one that Muster made.
func (t *task) recreates(a *audience) bool {
	made := a.row.Origin == musterpb.Origin_ORIGIN_CREATED || a.row.Origin == musterpb.Origin_ORIGIN_FOUND
	return a.options.Recreate && made
}

// unlink forgets the Facebook audience. Facebook tells one that was deleted and one
// that the token may not see apart for nobody, so the account's listing is asked
// before another one is made.
func (t *task) unlink(a *audience, now time.Time) {
	t.options.Logger.Warn("the Facebook audience is gone, and is made anew", "audience", a.key, "facebook_id", a.row.FacebookId)
	a.link = link{since: now}
	a.row.FacebookId, a.row.Origin, a.row.GoneId = "", musterpb.Origin_ORIGIN_NONE, a.row.FacebookId
	a.changed = true
	t.touch(a)
}

// stillListed blocks an audience that is in the listing, although Facebook says on
// uploads that it does not exist: the token may look at it only. What it holds is
// not forgotten.
func (t *task) stillListed(a *audience) {
	now := t.now()
	a.link = link{}
	a.row.FacebookId, a.row.Origin, a.row.GoneId = a.row.GoneId, musterpb.Origin_ORIGIN_FOUND, ""
	t.block(a, &musterpb.Block{
		Reason: facebook.Permission.String(), SinceMs: now.UnixMilli(), Title: "the audience is listed, but the token may not change it",
		Remedy: "Give the token's user the Advertiser or Admin role on ad account " + string(a.account()) + ", then run muster retry " + a.key + ".",
	}, now)
	t.abandon(a, now, facebook.Permission.String())
}

// relink brings an audience's Facebook id up to the configuration, and to what
// the stream says of an existing one. "" leaves it to find.
func (t *task) relink(tx *consumer.Tx, a *audience) error {
	if a.options.LeaveOut {
		return nil
	}
	if id, origin := a.claimed(); id != "" {
		return t.linkTo(tx, a, id, origin)
	}
	switch {
	case a.row.FacebookId == "":
		return nil
	case a.row.FacebookName != a.options.FacebookName,
		a.row.Account != string(a.options.Account),
		a.row.Origin == musterpb.Origin_ORIGIN_CONFIGURED, a.row.Origin == musterpb.Origin_ORIGIN_STREAM:
		// Nobody is in the one to be found or made, so that all who are desired have it
		// looked for.
		a.row.FacebookId, a.row.Origin, a.row.FacebookName, a.row.Block = "", musterpb.Origin_ORIGIN_NONE, "", nil
		return t.begin(tx, a)
	}
	if other := t.holderOf(a.id(), a); other != "" {
		t.twoKeys(a, a.id(), other)
		return nil
	}
	t.endTwoKeys(a)
	return nil
}

// claimed is the Facebook audience that the key is given by name of its id, and by
// whom; "" if it is to be looked for.
func (a *audience) claimed() (facebook.AudienceID, musterpb.Origin) {
	switch id := a.options.FacebookID; {
	case id != "" || a.options.FacebookName != "":
		return id, musterpb.Origin_ORIGIN_CONFIGURED
	case a.row.AdoptedId != "":
		return facebook.AudienceID(a.row.AdoptedId), musterpb.Origin_ORIGIN_ADOPTED
	}
	named, err := facebook.ParseAudienceID(a.row.StreamFacebookId)
	if err != nil {
		return "", musterpb.Origin_ORIGIN_NONE
	}
	return named, musterpb.Origin_ORIGIN_STREAM
}

// linkTo links an audience to the Facebook audience that it is given.
func (t *task) linkTo(tx *consumer.Tx, a *audience, id facebook.AudienceID, origin musterpb.Origin) error {
	if other := t.holderOf(id, a); other != "" {
		t.twoKeys(a, id, other)
		return nil
	}
	if a.row.Account != string(a.options.Account) {
		a.row.Account = string(a.options.Account)
		a.changed = true
		t.touch(a)
	}
	if id == a.id() {
		t.endTwoKeys(a)
		return nil
	}
	if err := t.setID(tx, a, id, origin, true); err != nil {
		return err
	}
	if origin == musterpb.Origin_ORIGIN_STREAM {
		t.options.Logger.Warn("filling the existing Facebook audience that the events name; whoever made it must not write to it any more, or each undoes the other",
			"audience", a.key, "facebook_id", id)
	}
	if a.row.AdoptReplace {
		a.row.AdoptReplace = false
		t.askReplace(a, t.now().UnixMilli())
		return t.log(tx, a)
	}
	return nil
}

// setID gives the key a Facebook audience. unknown: it may hold people all the same, sent
// by a former life of this installation, by another tool or by hand.
func (t *task) setID(tx *consumer.Tx, a *audience, id facebook.AudienceID, origin musterpb.Origin, unknown bool) error {
	now := t.now()
	if other := t.holderOf(id, a); other != "" {
		t.twoKeys(a, id, other)
		return nil
	}
	a.row.Block, a.row.BeyondLimit = nil, false // of the former one
	a.row.FacebookId, a.row.Origin, a.row.GoneId = string(id), origin, ""
	a.row.Kind = musterpb.AudienceKind_AUDIENCE_KIND_UNKNOWN
	if origin == musterpb.Origin_ORIGIN_CREATED {
		a.row.Kind = kindOf(a.options.ValueBased)
	}
	a.row.LinkedMs, a.row.ContentUnknown = now.UnixMilli(), unknown
	a.row.Reading, a.readMs = nil, 0
	return t.begin(tx, a)
}

// begin begins the life of a Facebook audience under the key: what members were
// sent before this record is not in it. It is logged before any member is sent.
func (t *task) begin(tx *consumer.Tx, a *audience) error {
	a.row.Since = int64(tx.Next())
	a.row.LastBatch = max(a.row.LastBatch, a.row.Since)
	a.row.Open = nil
	a.row.Windows = 0
	a.row.ResentTo, a.row.ResentMs, a.row.OwedTriedMs = nil, 0, 0
	t.endReplace(a, nil) // what is asked for is of another one
	a.link = link{}
	t.lookAtAll(tx, a)
	t.touch(a)
	return t.log(tx, a)
}
