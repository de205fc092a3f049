package uploader

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// TestStatus: a status row when something changed, and not too often.
func TestStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{}, graphtest.Options{})
		w.enter("x", "u1", "email:a")
		w.task.Process(w.says("x", "u2", true))
		w.run(time.Second)
		if s := w.statuses(); len(s) != 1 || s[0].State != "waiting" || s[0].Members != 2 || s[0].Unmatchable != 1 ||
			s[0].Pending != 1 || s[0].OldestUnsentMs == 0 {
			t.Errorf("at first: %v", s)
		}
		for i := range 10 {
			w.enter("x", fmt.Sprint(i), fmt.Sprintf("email:%d", i))
			w.run(time.Second)
		}
		if s := w.statuses(); len(s) != 2 {
			t.Errorf("%d status rows in ten seconds, want 2", len(s))
		}
		w.run(2 * time.Hour)
		s := w.statuses()
		last := s[len(s)-1]
		if last.State != "waiting" || last.Pending != 0 || last.Synced != 11 || last.FacebookId == "" || last.OldestUnsentMs != 0 ||
			last.Totals.GetAdded() != 11 || last.Origin != musterpb.Origin_ORIGIN_CREATED {
			t.Errorf("at last: %v", last)
		}
		w.run(24 * time.Hour)
		if s := w.statuses(); len(s) != 0 {
			t.Errorf("nothing happened, and %d status rows: %v", len(s), s)
		}
	})
}

func (w *world) statuses() []*musterpb.AudienceStatus {
	w.t.Helper()
	var all []*musterpb.AudienceStatus
	for _, e := range w.task.Emissions() {
		if string(e.Key) == "y" {
			continue
		}
		s := new(musterpb.AudienceStatus)
		if err := s.UnmarshalVT(e.Value); err != nil || e.Topic != statusTopic || string(e.Key) != "x" {
			w.t.Fatalf("emission %+v: %v", e, err)
		}
		all = append(all, s)
	}
	return all
}

// TestTakeoverWait: without a clean release nothing is sent before the wait is
// over, and the task counts as busy.
func TestTakeoverWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{TakeoverWait: 5 * time.Minute}, graphtest.Options{})
		w.enter("x", "u", "email:a")
		w.task.Takeover()
		if !w.task.Processor().Busy() {
			t.Error("not busy while waiting")
		}
		w.run(5*time.Minute - time.Second)
		if n := len(w.graph.Journal()); n != 0 {
			t.Errorf("%d requests before the wait was over", n)
		}
		w.run(time.Minute)
		w.converged()
		p := w.task.Processor()
		p.Stop()
		if p.Busy() {
			t.Error("busy with nothing to wait for")
		}
		w.task.Release()
		w.task.Takeover()
		if w.task.Processor().Busy() {
			t.Error("waits after a clean release")
		}
	})
}

// TestStop: nothing new is started, what is in flight is settled.
func TestStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{MaxRows: 1}, graphtest.Options{Latency: 5 * time.Second})
		w.enter("x", "u1", "email:a")
		w.enter("x", "u2", "email:b")
		adds := func() (n int) {
			for _, e := range w.graph.Journal() {
				n += int(one(e.Op == graphtest.OpAdd))
			}
			return n
		}
		for adds() == 0 {
			w.run(time.Second)
		}
		p := w.task.Processor()
		if !p.Busy() {
			t.Fatal("nothing in flight")
		}
		p.Stop()
		w.run(time.Minute)
		a := p.(*task).audiences["x"]
		if adds() != 1 || p.Busy() || a.counts.pending != 1 {
			t.Errorf("%d adds, busy %t, pending %d: want 1, false, 1", adds(), p.Busy(), a.counts.pending)
		}
	})
}

// TestResend: every member is added again over the time, without any change.
func TestResend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: 30 * 24 * time.Hour, MaxRows: 3}, graphtest.Options{})
		for _, u := range []string{"1", "2", "3", "4", "5", "6", "7"} {
			w.enter("x", u, "email:"+u)
		}
		w.enter("x", "8", "email:8 extern_id:8")
		w.run(2 * time.Hour)
		sent := func() (rows int) {
			for _, e := range w.graph.Journal() {
				if e.Op == graphtest.OpAdd {
					rows += e.Rows
				}
			}
			return rows
		}
		first := sent()
		w.run(15 * 24 * time.Hour)
		half := sent() - first
		w.run(20 * 24 * time.Hour)
		all := sent() - first
		if first != 8 || half < 3 || half > 6 || all < 8 || all > 12 {
			t.Errorf("sent %d, then %d in half the time, %d in all of it", first, half, all)
		}
		w.converged()
	})
}
