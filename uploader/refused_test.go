package uploader

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

// doubtful is a Facebook that says of every add that so many rows were invalid, and
// names some of them.
type doubtful struct {
	Facebook
	invalid int
	names   []*musterpb.Row
}

func (d *doubtful) AddUsers(ctx context.Context, id facebook.AudienceID, p facebook.Payload) (facebook.UsersResult, error) {
	r, err := d.Facebook.AddUsers(ctx, id, p)
	r.NumInvalid = d.invalid
	for _, row := range d.names {
		b := newBatch(adding)
		b.append(item{rows: []*musterpb.Row{row}})
		r.InvalidRows = append(r.InvalidRows, facebook.InvalidRow{Hash: facebook.HashRow(appendRow(nil, row, b.columns(), "")), Reason: facebook.ReasonOther})
	}
	return r, err
}

// That rows were invalid, without saying which, is no reason to look for them: the
// others are in, and the count is not exact.
func TestInvalidCountStartsNoBisection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1}, graphtest.Options{})
		w.journal.Facebook = &doubtful{Facebook: w.journal.Facebook, invalid: 2}
		for i := range 4 {
			w.enter("x", fmt.Sprint(i), fmt.Sprintf("email:%d", i))
		}
		w.run(3 * time.Hour)
		if n := w.requests("add"); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
		a := w.task.Processor().(*task).audiences["x"]
		if len(a.row.Open) != 0 || a.counts.pending != 0 || a.counts.refused != 0 {
			t.Errorf("open %v, pending %d, refused %d: want none", a.row.Open, a.counts.pending, a.counts.refused)
		}
	})
}

// A row that Facebook named as invalid is remembered: nothing sends it again, a
// full re-send included, until what is desired of its member changes. Then all of
// it is.
func TestNamedRowIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{})
		d := &doubtful{Facebook: w.journal.Facebook, invalid: 1, names: parseRows("email:bad")}
		w.journal.Facebook = d
		w.journal.learn("email:bad", "email:good", "email:more")
		w.enter("x", "u1", "email:bad")
		w.enter("x", "u2", "email:good")
		w.run(2 * time.Hour)
		a := w.task.Processor().(*task).audiences["x"]
		if a.counts.refused != 1 || a.row.Totals.GetAdded() != 1 || a.row.Totals.GetRefused() != 1 {
			t.Errorf("refused %d, totals %v", a.counts.refused, a.row.Totals)
		}
		w.journal.take()
		w.command(musterpb.Verb_VERB_RESYNC, "x")
		w.run(2 * time.Hour)
		if got, want := w.sent(), `add {"schema":["EMAIL"],"data":[["good"]]}: ok`; got != want {
			t.Errorf("the re-send is\n%s\nwant\n%s", got, want)
		}
		d.names, d.invalid = nil, 0
		w.enter("x", "u1", "email:bad", "email:more")
		w.run(2 * time.Hour)
		if got, want := w.sent(), `add {"schema":["EMAIL"],"data":[["bad"],["more"]]}: ok`; got != want {
			t.Errorf("what changed is sent as\n%s\nwant\n%s", got, want)
		}
		w.converged()
	})
}

// A row that was sent before it was refused may be in Facebook or not: once what is
// desired of its member changes, all of it is sent, what stays desired as well.
func TestRefusedRowComesBackWithAChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1}, graphtest.Options{})
		w.journal.learn("email:a", "email:b")
		w.graph.Inject(graphtest.Fault{Kind: graphtest.BadData, Match: graphtest.Match{Op: graphtest.OpAdd}, Count: 1})
		w.enter("x", "u1", "email:a")
		w.run(3 * time.Hour)
		if n := w.requests("add"); n != 1 {
			t.Errorf("%d requests for the refused row, want 1", n)
		}
		w.enter("x", "u1", "email:a", "email:b")
		w.run(2 * time.Hour)
		if got, want := w.sent(), `add {"schema":["EMAIL"],"data":[["a"],["b"]]}: ok`; got != want {
			t.Errorf("sent\n%s\nwant\n%s", got, want)
		}
		w.converged()
	})
}

// sent is the journal since the last time, without the times.
func (w *world) sent() string {
	return sentAt.ReplaceAllString(w.journal.take(), "")
}

// An answer speaks of rows as they were sent: one that is named as invalid, and is
// not desired any more when the answer comes, is not remembered.
func TestNamedRowThatIsNotDesiredAnyMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1}, graphtest.Options{Latency: 5 * time.Second})
		w.journal.Facebook = &doubtful{Facebook: w.journal.Facebook, invalid: 1, names: parseRows("email:bad")}
		w.enter("x", "u1", "email:bad")
		w.until(func(a *audience) bool { return a.flight && a.window.batch != nil })
		w.enter("x", "u1", "email:good")
		w.run(3 * time.Hour)
		w.converged()
		if a := w.task.Processor().(*task).audiences["x"]; a.counts.refused != 0 || a.row.Totals.GetRefused() != 1 {
			t.Errorf("%d members with refused rows, %d rows were refused; want 0 and 1", a.counts.refused, a.row.Totals.GetRefused())
		}
	})
}

// until runs until something is so of audience x, within hours.
func (w *world) until(is func(*audience) bool) {
	w.t.Helper()
	for range 10_000 {
		if is(w.task.Processor().(*task).audiences["x"]) {
			return
		}
		w.run(time.Second)
	}
	w.t.Fatal("it never comes to that")
}
