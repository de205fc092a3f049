package uploader

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// TestNotesOfRequests: the status tells of the last requests and keeps the last errors
// when requests have passed since; nothing of a person is in them.
func TestNotesOfRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ReadEvery: -1, ResendOver: -1}, graphtest.Options{Latency: 250 * time.Millisecond})
		w.graph.Inject(graphtest.Fault{Kind: graphtest.Code2Transient, Match: graphtest.Match{Op: graphtest.OpAdd}, Count: 1})
		for i := range 12 {
			w.enter("x", string(rune('a'+i)), "email:"+string(rune('a'+i)))
			w.run(2 * time.Hour)
		}
		all := w.statuses()
		s := all[len(all)-1]
		if len(s.Requests) != notedRequests || len(s.Errors) != 1 {
			t.Fatalf("%d requests and %d errors are told, want %d and 1: %v", len(s.Requests), len(s.Errors), notedRequests, s.Errors)
		}
		if n := s.Requests[notedRequests-1]; n.Op != "add_users" || n.Rows != 1 || n.Millis < 250 || n.AtMs == 0 || n.Class != "" {
			t.Errorf("the last request: %v", n)
		}
		if e := s.Errors[0]; e.Op != "add_users" || e.Class != "transient" || e.Code != 2 || e.TraceId == "" || e.Title == "" {
			t.Errorf("the error: %v", e)
		}
		sum := parseRow("email:a").Email
		if value, _ := s.MarshalVT(); strings.Contains(string(value), string(sum)) {
			t.Error("the status holds an identifier")
		}
		w.converged()
	})
}

// TestNextWindow: what waits is told with the time of its window, what does not wait
// with none, also while somebody has paused the audience.
func TestNextWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Window: time.Hour, ReadEvery: -1, ResendOver: -1}, graphtest.Options{})
		w.enter("x", "a", "email:a")
		w.run(2 * time.Hour)
		next := func() int64 {
			all := w.statuses()
			return all[len(all)-1].NextWindowMs
		}
		if at := next(); at != 0 {
			t.Errorf("nothing waits, and the next window is told for %s", time.UnixMilli(at))
		}
		w.enter("x", "b", "email:b") // the last window is long ago: this one comes at once
		w.run(10 * time.Second)
		w.enter("x", "c", "email:c")
		w.run(10 * time.Second)
		at := time.UnixMilli(next())
		if wait := time.Until(at); wait < time.Minute || wait > time.Hour {
			t.Fatalf("the next window is told to be in %s", wait)
		}
		w.run(time.Until(at) - time.Second)
		if n := w.requestsOf(graphtest.OpAdd); n != 2 {
			t.Errorf("%d adds before the window, want 2", n)
		}
		w.run(10 * time.Second)
		if n := w.requestsOf(graphtest.OpAdd); n != 3 {
			t.Errorf("%d adds after the window, want 3", n)
		}
	})
}

// requestsOf is how many requests of a kind there were.
func (w *world) requestsOf(op graphtest.Op) (n int) {
	for _, e := range w.graph.Journal() {
		n += int(one(e.Op == op))
	}
	return n
}

// TestNotesAreNotWrittenOver: what a status holds stays as it was when more follows.
func TestNotesAreNotWrittenOver(t *testing.T) {
	t.Parallel()
	a := newAudience("x", AudienceOptions{})
	for range 2 * notedRequests {
		a.note(newGraphCall("add_users", 1), time.UnixMilli(1))
	}
	shown := a.notes.requests
	before := make([]*musterpb.RequestNote, len(shown))
	copy(before, shown)
	a.note(newGraphCall("remove_users", 1), time.UnixMilli(2))
	for i := range shown {
		if shown[i] != before[i] {
			t.Fatalf("note %d was replaced in what was shown", i)
		}
	}
	if n := a.notes.requests; len(n) != notedRequests || n[notedRequests-1].Op != "remove_users" {
		t.Errorf("after one more: %v", n)
	}
}
