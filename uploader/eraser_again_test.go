package uploader

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// moreOf is an erasure that was said before, with other rows.
func (w *erasing) moreOf(said consumer.Record, rows ...string) consumer.Record {
	w.t.Helper()
	value, err := (&musterpb.MemberRows{Erased: true, Rows: parseRows(rows...)}).MarshalVT()
	if err != nil {
		w.t.Fatal(err)
	}
	w.records++
	said.Offset, said.Value = w.records, value
	return said
}

// TestMoreIsSaidOfAnErasure: rows that an erasure is said with again, while the request with
// the former ones is under way or answered, are removed too.
func TestMoreIsSaidOfAnErasure(t *testing.T) {
	t.Parallel()
	for _, answered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newErasing(t, Options{}, graphtest.Options{})
			w.known("u1")
			said := w.erasureOf("u1", "email:u1")
			w.task.Process(said)
			time.Sleep(2 * time.Minute)
			w.task.Tick() // sends it
			synctest.Wait()
			if answered {
				w.task.Tick()
			}
			if got := w.requests("1"); !slices.Equal(got, []int{1}) {
				t.Fatalf("requests of %v rows", got)
			}
			w.task.Process(w.moreOf(said, "email:u1", "phone:1"))
			w.pass(10 * time.Minute)
			if got := w.requests("1"); !slices.Equal(got, []int{1, 2}) {
				t.Errorf("answered %t: requests of %v rows", answered, got)
			}
			w.kept(0)
		})
	}
}

// TestErasureBehindThePass: an erasure that is said while a pass is behind its place already
// is found by the next one.
func TestErasureBehindThePass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{MaxSlice: 1}, graphtest.Options{})
		w.known("u1", "u2", "u3")
		w.graph.Inject(graphtest.Fault{Kind: graphtest.BadData, Match: graphtest.Match{Op: graphtest.OpForget}, Count: -1})
		w.eraseAll("u1")
		time.Sleep(time.Millisecond)
		w.eraseAll("u2")
		w.pass(10 * time.Minute)
		w.tells("u1 refused 1 1", "u2 refused 1 1")
		w.graph.ClearFaults()
		w.task.Takeover()
		w.task.Tick() // a slice: the first of the two
		late := w.erasureOf("u3", "email:u3")
		delete(w.members, string(late.Key))
		late.Key = schema.Erasure{User: userKey("u3"), AtMs: time.Now().Add(-time.Hour).UnixMilli()}.Key()
		w.task.Process(late)
		w.pass(10 * time.Minute)
		w.tells("u3 removed 1 1")
	})
}

// TestErasureEndsTheRest: once Facebook carries out an erasure again, the account does not
// go on being shown as blocked where nothing else is to be sent.
func TestErasureEndsTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{}, graphtest.Options{})
		w.known("u1")
		w.graph.Inject(graphtest.Fault{Kind: graphtest.Code368, Match: graphtest.Match{Op: graphtest.OpForget}})
		w.eraseAll("u1")
		w.pass(2 * time.Hour)
		b := w.task.Processor().(*task).budget
		if b.blocked("1") == nil {
			t.Fatal("the account rests, and is not blocked")
		}
		w.pass(4 * time.Hour)
		w.tells("u1 removed 1 1")
		if block := b.blocked("1"); block != nil {
			t.Errorf("still blocked: %v", block)
		}
	})
}

// TestRetryOfErasures: the retry of an account tries refused erasures at once.
func TestRetryOfErasures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{Commands: commandTopic}, graphtest.Options{})
		w.known("u1", "u2")
		w.graph.Inject(graphtest.Fault{Kind: graphtest.BadData, Match: graphtest.Match{Op: graphtest.OpForget}, Count: -1})
		w.eraseAll("u1")
		w.pass(10 * time.Minute)
		w.tells("u1 refused 1 1")
		w.graph.ClearFaults()
		w.graph.Inject(graphtest.Fault{Kind: graphtest.TOS, Match: graphtest.Match{Op: graphtest.OpForget}})
		w.eraseAll("u2")
		w.pass(2 * time.Minute) // refused, and tried again in eight minutes
		w.tells()
		w.task.Process(w.given(&musterpb.Command{Verb: musterpb.Verb_VERB_RETRY, AtMs: time.Now().UnixMilli(), Account: "1"}))
		w.pass(time.Minute)
		w.tells("u1 removed 1 1", "u2 removed 1 1")
	})
}

// TestErasuresThatFailAreTold: requests that fail for the moment, in a row, are in the log
// once a minute, and that they do not fail any more is, once.
func TestErasuresThatFailAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		w := newErasing(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, graphtest.Options{})
		w.known("u1")
		w.graph.Inject(graphtest.Fault{Kind: graphtest.Code2Transient, Match: graphtest.Match{Op: graphtest.OpForget}, Count: 5})
		w.eraseAll("u1")
		w.pass(20 * time.Minute)
		w.tells("u1 removed 1 1")
		if failed, over := strings.Count(log.String(), "level=WARN"), strings.Count(log.String(), "recovered_after=5"); failed < 1 || failed > 3 || over != 1 {
			t.Errorf("%d warnings and %d times that it is over:\n%s", failed, over, log.String())
		}
	})
}

// TestErasuresGatherOnABusyAccount: where there is no room to spare, a task's erasures that
// do not fill a request go together, one request a window; those that fill one go at once.
func TestErasuresGatherOnABusyAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{MaxRows: 3}, graphtest.Options{})
		w.known("u1", "u2", "u3", "u4", "u5", "u6")
		w.eraseAll("u1")
		w.pass(5 * time.Minute)
		busy := func() { w.task.Processor().(*task).budget.of("1").percent = easyPercent + 1 }
		for i, u := range []string{"u2", "u3"} {
			busy()
			w.eraseAll(u)
			w.pass(10 * time.Minute)
			if got := w.requests("1"); !slices.Equal(got, []int{1}) {
				t.Fatalf("%d more erasures: requests of %v rows", i+1, got)
			}
		}
		w.pass(45 * time.Minute)
		if got := w.requests("1"); !slices.Equal(got, []int{1, 2}) {
			t.Fatalf("after a window: requests of %v rows", got)
		}
		busy()
		w.eraseAll("u4", "email:u4", "phone:4")
		w.eraseAll("u5", "email:u5", "phone:5")
		w.pass(2 * time.Minute)
		if got := w.requests("1"); len(got) < 3 || got[2] != 2 {
			t.Errorf("one full request: requests of %v rows", got)
		}
	})
}
