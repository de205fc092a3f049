package uploader

import (
	"bytes"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// An owner dies over a batch that never reached Facebook, and the first batch of
// the next one has other members. Had it the same number, its success would
// confirm the former's members, and they would never be sent: so a batch's number
// is the position of the record that lists it first.
func TestBatchNumberIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{MaxRows: 1, ResendOver: -1, TakeoverWait: time.Minute}, graphtest.Options{})
		users := []string{"u1", "u2", "u3"}
		slices.SortFunc(users, func(a, b string) int { x, y := userKey(a), userKey(b); return bytes.Compare(x[:], y[:]) })
		w.enter("x", users[1], "email:"+users[1])
		w.graph.Inject(graphtest.Fault{Kind: graphtest.TimeoutBefore, Match: graphtest.Match{Op: graphtest.OpAdd}, Count: 1})
		w.run(10 * time.Second)
		if w.task.Processor().(*task).inFlight != 1 {
			t.Fatal("no batch is under way")
		}
		w.enter("x", users[0], "email:"+users[0]) // is looked at before the other
		w.enter("x", users[2], "email:"+users[2])
		w.task.Wipe()
		w.task.Takeover()
		w.run(2 * time.Hour)
		w.converged()

		batches := 0
		known := map[int64]bool{}
		for _, l := range w.task.Changelog() {
			if string(l.Key) != "x" {
				continue
			}
			row := new(musterpb.Audience)
			if err := row.UnmarshalVT(l.Value); err != nil {
				t.Fatal(err)
			}
			for _, n := range row.Open {
				if !known[n] && n != int64(l.Position) {
					t.Errorf("batch %d is first listed at %d", n, l.Position)
				}
				if !known[n] {
					batches++
				}
				known[n] = true
			}
		}
		if batches != 4 {
			t.Errorf("%d batches, want the lost one and three", batches)
		}
	})
}

// The halves of a split batch have numbers of their own: the success of the
// first must not confirm the second, whose owner dies over it.
func TestHalvesAreConfirmedApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, TakeoverWait: time.Minute}, graphtest.Options{Latency: 5 * time.Second})
		w.enter("x", "u1", "email:a")
		w.enter("x", "u2", "email:b")
		add := graphtest.Match{Op: graphtest.OpAdd}
		w.graph.Inject(graphtest.Fault{Kind: graphtest.TooMany, Match: add, Count: 1})
		half := func() bool { return w.task.Processor().(*task).audiences["x"].row.Totals.GetAdded() == 1 }
		for range 120 {
			if w.run(time.Second); half() {
				break
			}
		}
		if !half() {
			t.Fatal("the first half was not added")
		}
		w.task.Wipe() // the second half is on its way, and may not arrive
		w.task.Takeover()
		if n := w.unconfirmed("x", "u1", "u2"); n != 1 {
			t.Errorf("%d members are unconfirmed, want the one of the second half", n)
		}
		w.run(2 * time.Hour)
		w.converged()
	})
}

// unconfirmed counts the users whose last logged row carries an open batch.
func (w *world) unconfirmed(audience string, users ...string) (n int) {
	w.t.Helper()
	a := w.task.Processor().(*task).audiences[audience]
	for _, user := range users {
		var last []byte
		for _, l := range w.task.Changelog() {
			if string(l.Key) == string(schema.MemberKey(audience, userKey(user))) {
				last = l.Value
			}
		}
		m, err := decodeMember(last)
		if err != nil {
			w.t.Fatal(err)
		}
		if !a.confirmed(m.Batch) {
			n++
		}
	}
	return n
}

// A batch that is still being gathered stays open though its first member does not
// carry it any more: who comes to carry it next would count as confirmed, and if the
// owner died before it was sent, nobody would send it.
func TestBatchStaysOpenWhileGathered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, MaxSlice: 1, ResendOver: -1}, graphtest.Options{})
		w.journal.Facebook = &doubtful{Facebook: w.journal.Facebook, invalid: 1, names: parseRows("email:bad")}
		users := []string{"u1", "u2"}
		slices.SortFunc(users, func(a, b string) int { x, y := userKey(a), userKey(b); return bytes.Compare(x[:], y[:]) })
		w.enter("x", users[0], "email:bad", "email:good")
		w.enter("x", users[1], "email:b")
		w.run(2 * time.Hour)
		a := w.task.Processor().(*task).audiences["x"]
		if a.counts.refused != 1 || a.counts.pending != 0 {
			t.Fatalf("refused %d, pending %d: want 1 and 0", a.counts.refused, a.counts.pending)
		}
		w.command(musterpb.Verb_VERB_RESYNC, "x")
		gathered := func(items int) {
			t.Helper()
			for range 10_000 {
				if a.window != nil && a.window.batch != nil && len(a.window.batch.items) == items {
					return
				}
				time.Sleep(time.Until(w.task.Tick()))
			}
			t.Fatalf("no batch of %d members", items)
		}
		gathered(1)
		w.enter("x", users[0], "email:other") // unsettles it, as a row of it was refused
		gathered(2)
		if n := w.unconfirmed("x", users[1]); n != 1 {
			t.Error("a member counts as confirmed whose batch was not sent")
		}
		w.run(2 * time.Hour)
		w.converged()
	})
}
