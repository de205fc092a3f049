package uploader

import (
	"context"
	"errors"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// How often operation_status is asked for: it is a read of the same budget. The first
// answer is not asked for at once, since nothing says how soon the status follows.
const (
	pollBase = time.Minute
	pollMax  = 10 * time.Minute
)

// fate is what an operation status says of a replacement.
type fate uint8

const (
	underWay fate = iota
	isReplaced
	hasFailed
)

// fateOf reads a status. Which ones follow a replacement is documented for 414, 200 and
// 415 only. Those that speak of the matches or of the audience's use are taken for its
// end; one that is not known leaves the replacement under way.
func fateOf(code int) fate {
	switch code {
	case facebook.OperationNormal, facebook.OperationInvalidRows, facebook.OperationPopulating,
		100 /* expiring, being unused */, 411 /* few matches */ :
		return isReplaced
	case facebook.OperationReplaceFailed, facebook.OperationFlagged, facebook.OperationNoUpload, 442, 470, 500:
		return hasFailed
	}
	return underWay
}

// poll asks what has become of a session whose last batch is there, or that was given
// up.
func (t *task) poll(tx *consumer.Tx, a *audience, now time.Time) (next time.Time) {
	r, p := a.row.Replace, a.replacing
	if at := later(p.pollAt, a.unknown.over(t.options.RequestTimeout)); now.Before(at) {
		return at
	}
	if ok, at := t.mayCall(a, now); !ok {
		return at
	}
	p.polls++
	p.pollAt = now.Add(min(pollBase<<min(p.polls, 10), pollMax))
	a.flight = true
	account, id := a.account(), a.id()
	t.launch(tx, a, func(ctx context.Context) answer {
		read, usage, err := t.options.Facebook.Audience(ctx, id, "id", "operation_status")
		t.budget.learn(account, usage, err, time.Now())
		return func(tx *consumer.Tx) error {
			a.flight = false
			t.touch(a)
			if a.row.Replace != r {
				return nil
			}
			if err != nil {
				t.unpolled(a, err)
				return nil
			}
			t.budget.read(t.now())
			return t.polled(tx, a, r, read.Operation.Code)
		}
	})
	return time.Time{}
}

// polled applies what Facebook says of session r.
func (t *task) polled(tx *consumer.Tx, a *audience, r *musterpb.Replace, code int) error {
	now := t.now()
	switch fate := fateOf(code); {
	case fate == underWay:
	case r.Broken:
		t.sessionOver(a)
	case fate == isReplaced:
		return t.replaced(tx, a, now)
	default:
		t.breakOff(a, "Facebook says that it failed", code == facebook.OperationFlagged)
		t.sessionOver(a)
	}
	return nil
}

// unpolled is for a status that could not be read; it is asked for again.
func (t *task) unpolled(a *audience, err error) {
	now := t.now()
	e, ok := errors.AsType[*facebook.Error](err)
	switch {
	case !ok, !e.Class.NeedsPerson():
	case e.Class == facebook.AudienceGone && t.recreates(a):
		if a.row.Replace.Broken = true; a.row.Replace.Problem == "" {
			a.row.Replace.Problem = e.Title
		}
		t.unlink(a, now)
	default:
		t.blocked(a, e, e.Class, now)
	}
}
