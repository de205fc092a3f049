package uploader

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

// Only who has nothing left is forgotten after a while: a member whose removal
// Facebook refuses stays owed for however long, and is removed in the end (I4).
func TestOwedIsNotForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Window: 10 * time.Minute, KeepEmptied: 10 * time.Minute, OwedEvery: 10 * time.Minute, ResendOver: -1}, graphtest.Options{})
		w.enter("x", "u", "email:a")
		w.run(2 * time.Minute)
		w.graph.Inject(graphtest.Fault{Kind: graphtest.LowSize, Match: graphtest.Match{Op: graphtest.OpRemove}, Count: -1})
		w.exit("x", "u")
		w.run(2 * time.Hour)
		if a := w.task.Processor().(*task).audiences["x"]; a.counts.owed != 1 {
			t.Errorf("%d removals are owed, want 1", a.counts.owed)
		}
		w.graph.ClearFaults()
		w.run(time.Hour)
		w.converged()
		if a := w.task.Processor().(*task).audiences["x"]; a.counts != (counts{}) {
			t.Errorf("counts %+v: the member is not forgotten", a.counts)
		}
	})
}

// A member without rows is one of the audience all the same, and its version is
// kept: an older emission must not take it out.
func TestUnmatchableIsNotForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{KeepEmptied: 10 * time.Minute}, graphtest.Options{})
		w.records = 9
		w.task.Process(w.says("x", "u", true))
		w.run(time.Hour)
		w.task.Process(w.record("x", "u", &musterpb.MemberRows{Incarnation: 1, Position: 5}))
		if a := w.task.Processor().(*task).audiences["x"]; a.counts.members != 1 || a.counts.stored != 1 {
			t.Errorf("counts %+v, want one member", a.counts)
		}
	})
}

// Who comes back and leaves again keeps the version of the last time for as long as
// that of the first.
func TestEmptiedAgainIsKeptAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Window: 10 * time.Minute, KeepEmptied: time.Hour, ResendOver: -1}, graphtest.Options{})
		for range 2 {
			w.enter("x", "u", "email:a")
			w.run(15 * time.Minute)
			w.exit("x", "u")
			w.run(40 * time.Minute)
		}
		w.task.Process(w.record("x", "u", &musterpb.MemberRows{Incarnation: 1, Position: 3, In: true, Rows: parseRows("email:a")}))
		w.desired["x"]["u"] = nil
		w.run(15 * time.Minute)
		w.converged()
		w.run(time.Hour)
		if a := w.task.Processor().(*task).audiences["x"]; a.counts != (counts{}) {
			t.Errorf("counts %+v: the member is not forgotten", a.counts)
		}
	})
}

// A batch of the Facebook audience that a key had before says nothing of the present
// one: neither stays it open, nor is a removal owed that was refused there.
func TestOpenBatchesEndWithTheirAudience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, TakeoverWait: time.Second}, graphtest.Options{})
		w.enter("x", "u1", "email:a")
		w.enter("x", "u2", "email:b")
		w.run(2 * time.Minute)
		w.graph.Inject(graphtest.Fault{Kind: graphtest.LowSize, Match: graphtest.Match{Op: graphtest.OpRemove}, Count: -1})
		w.exit("x", "u1")
		w.run(time.Hour)
		if a := w.task.Processor().(*task).audiences["x"]; len(a.row.Open) != 1 || a.counts.owed != 1 {
			t.Fatalf("open %v, owed %d: want one each", a.row.Open, a.counts.owed)
		}
		other := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "other", "subtype": "CUSTOM"})
		w.options.Audiences = map[string]AudienceOptions{"x": {FacebookID: facebook.AudienceID(other)}}
		w.restart()
		w.task.Takeover()
		w.run(2 * time.Hour)
		if a := w.task.Processor().(*task).audiences["x"]; len(a.row.Open) != 0 || a.counts.owed != 0 || a.counts.pending != 0 {
			t.Errorf("open %v, owed %d, pending %d: want none", a.row.Open, a.counts.owed, a.counts.pending)
		}
		if n := w.graph.Audience(other).Lines; n != 1 {
			t.Errorf("%d rows in the other audience, want 1", n)
		}
	})
}

// A key's new Facebook audience is filled whole, too, when its owner dies over the
// change: the next one restores it from the changelog.
func TestRestoredRemapIsFilledWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, TakeoverWait: time.Second}, graphtest.Options{})
		w.enter("x", "u1", "email:a")
		w.enter("x", "u2", "email:b")
		w.run(2 * time.Minute)
		other := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "other", "subtype": "CUSTOM"})
		w.task.Process(w.named("x", "u3", "", other, "email:c"))
		w.run(5 * time.Minute) // the status is shown: the next commit is that of the new id
		w.task.FailAt(consumer.AfterEmit)
		if err := w.runErr(time.Hour); !errors.Is(err, consumertest.ErrCrash) {
			t.Fatalf("ended with %v, want the crash", err)
		}
		w.task.Takeover()
		if id := w.task.Processor().(*task).audiences["x"].row.FacebookId; id != other {
			t.Fatalf("the audience is %s, want %s", id, other)
		}
		w.run(2 * time.Hour)
		if n := w.graph.Audience(other).Lines; n != 3 {
			t.Errorf("%d rows in the other audience, want 3", n)
		}
	})
}

// Facebook's word on an audience's size is about removals. An add that gets it is
// tried again, like any that fails for the moment.
func TestLowSizeOfAnAdd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1}, graphtest.Options{})
		w.graph.Inject(graphtest.Fault{Kind: graphtest.LowSize, Match: graphtest.Match{Op: graphtest.OpAdd}, Count: 3})
		w.enter("x", "u", "email:a")
		w.run(2 * time.Minute)
		w.converged()
	})
}
