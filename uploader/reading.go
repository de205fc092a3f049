package uploader

import (
	"context"
	"errors"
	"time"

	"github.com/cespare/xxhash/v2"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// SmallAudience is the number of matched people below which Facebook does not
// deliver to an audience (Meta, "Custom Audiences": at least 100).
const SmallAudience = 100

// readAt returns when an audience's size and state at Facebook are read next; the
// zero time means never. Audiences are spread over the period.
func (t *task) readAt(a *audience) time.Time {
	if t.options.ReadEvery < 0 || a.options.LeaveOut || a.row.FacebookId == "" || t.stopped {
		return time.Time{}
	}
	if last := max(a.row.Reading.GetReadMs(), a.readMs); last != 0 {
		return time.UnixMilli(last).Add(t.options.ReadEvery)
	}
	return time.UnixMilli(a.row.LinkedMs).Add(time.Duration(xxhash.Sum64String(a.key) % uint64(t.options.ReadEvery)))
}

// read asks Facebook for the size and the state of an audience, when that is due
// and there is room for it. Nothing but what is shown depends on the answer.
func (t *task) read(tx *consumer.Tx, a *audience, now time.Time) (next time.Time) {
	at := t.readAt(a)
	switch {
	case at.IsZero() || a.flight:
		return time.Time{}
	case now.Before(at):
		return at
	case !t.budget.easy(a.account(), now):
		return now.Add(decay)
	}
	if ok, at := t.mayCall(a, now); !ok {
		return at
	}
	a.flight, a.readMs = true, now.UnixMilli()
	account, id := a.account(), a.id()
	t.launch(tx, a, func(ctx context.Context) answer {
		c := newGraphCall(facebook.OpReadAudience, 0)
		said, usage, err := t.options.Facebook.Audience(ctx, id)
		c.done(err)
		t.budget.learn(account, usage, err, time.Now())
		return func(*consumer.Tx) error {
			a.flight = false
			a.note(c, t.now())
			t.touch(a)
			if err != nil || a.id() != id {
				t.readFailed(a, err)
				return nil
			}
			t.budget.read(t.now())
			t.note(a, said)
			return nil
		}
	})
	return time.Time{}
}

// readFailed notes that a reading failed. What it means for uploads, uploads find out.
func (t *task) readFailed(a *audience, err error) {
	if e, ok := errors.AsType[*facebook.Error](err); ok {
		t.options.Logger.Warn("cannot read the size of the audience", "audience", a.key, "class", e.Class.String(), "title", e.Title)
	}
}

func (t *task) note(a *audience, said facebook.Audience) {
	r := &musterpb.Reading{
		ReadMs: t.now().UnixMilli(), Lower: int64(said.Lower), Upper: int64(said.Upper),
		Delivery: uint32(said.Delivery.Code), DeliveryText: said.Delivery.Description,
		Operation: uint32(said.Operation.Code), OperationText: said.Operation.Description,
	}
	if !said.ContentUpdated.IsZero() {
		r.ContentUpdatedMs = said.ContentUpdated.UnixMilli()
	}
	a.row.Reading = r
	a.changed = true
	t.touch(a)
}
