package uploader

import (
	"testing"
	"testing/synctest"
	"time"

	"muster/schema/musterpb"
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
