package uploader

import (
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/uploader/facebook/graphtest"
)

// A removal with which Facebook takes no request is refused, and its member owed: its
// row has one outcome, not two.
func TestRefusedRemovalHasOneOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, reader := measuredWorld(t, Options{ResendOver: -1})
		w.enter("x", "u1", "email:u1")
		w.run(2 * time.Hour)
		if n := measured(t, reader, metricRows); n != 1 {
			t.Fatalf("%d outcomes of the row that was added", n)
		}
		w.graph.Inject(graphtest.Fault{Kind: graphtest.BadData, Match: graphtest.Match{Op: graphtest.OpRemove}, Count: 1})
		w.exit("x", "u1")
		w.run(2 * time.Hour)
		if n := measured(t, reader, metricRows); n != 1+1 {
			t.Errorf("%d outcomes of the row that was refused, want 1", n-1)
		}
		if n := measured(t, reader, metricRejected); n != 1 {
			t.Errorf("%d rejections, want 1", n)
		}
		if s := w.state(); s.Owed != 1 || s.Totals.Refused != 1 {
			t.Errorf("shown as owed %d, refused %d", s.Owed, s.Totals.Refused)
		}
	})
}

// A record that is read again, as its commit failed, is counted once.
func TestCountedOnceThroughACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, reader := measuredWorld(t, Options{ResendOver: -1})
		r := w.says("x", "u1", true, parseRow("email:u1"))
		w.task.FailAt(consumer.AfterLog)
		if w.task.ProcessErr(r) == nil {
			t.Fatal("the commit did not fail")
		}
		if n := measured(t, reader, metricRecords); n != 0 {
			t.Errorf("%d records are counted before any is committed", n)
		}
		w.task.Takeover()
		w.task.Process(r)
		if n := measured(t, reader, metricRecords); n != 1 {
			t.Errorf("%d records are counted, want 1", n)
		}
	})
}
