package uploader

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

// TestErasedEverywhere: who is erased leaves audiences that Muster does not keep, in every
// account; those who were erased at about the same time in one request. Whoever shares an
// email with them stays in what Muster keeps. Nothing of it is kept afterwards.
func TestErasedEverywhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{Audiences: map[string]AudienceOptions{"y": {Account: "2"}}}, graphtest.Options{}, "1", "2")
		w.known("u1", "u2", "stays")
		for _, u := range w.users {
			w.enter("x", u, "email:"+u)
		}
		w.enter("x", "twin", "email:u1 phone:twin")
		w.enter("y", "twin", "email:u1")
		w.pass(2 * time.Hour)
		w.converged()
		w.eraseAll("u1", "email:u1 fn:a", "phone:1")
		w.pass(20 * time.Second)
		w.eraseAll("u2")
		w.kept(4) // pending
		w.pass(40*time.Second + time.Minute)
		w.holds("1", 1)
		w.holds("2", 1)
		w.tells("u1 removed 1 2", "u1 removed 2 2", "u2 removed 1 1", "u2 removed 2 1")
		w.kept(0)
		for _, account := range []string{"1", "2"} {
			if got := w.requests(account); !slices.Equal(got, []int{3}) {
				t.Errorf("account %s got requests of %v rows", account, got)
			}
		}
		w.pass(2 * time.Hour)
		w.converged() // the twin too
		if got := len(w.task.DeadLetters()); got != 0 {
			t.Errorf("%d dead letters", got)
		}
	})
}

// TestErasedEverywhereOnce: an erasure that is said again is none while it is pending, and
// carried out again afterwards.
func TestErasedEverywhereOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{}, graphtest.Options{})
		w.known("u1")
		said := w.erasureOf("u1", "email:u1")
		w.task.Process(said, said)
		w.task.Takeover()
		w.task.Process(said)
		w.pass(5 * time.Minute)
		w.tells("u1 removed 1 1")
		w.kept(0)
		w.task.Process(said) // by a replay, before the compaction
		w.pass(5 * time.Minute)
		w.tells("u1 removed 1 1")
		w.kept(0)
		if got := w.requests("1"); !slices.Equal(got, []int{1, 1}) {
			t.Errorf("requests of %v rows", got)
		}
	})
}

// TestErasedEverywhereAndBack: who comes back before Facebook has carried the erasure out
// is in the audience afterwards.
func TestErasedEverywhereAndBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{}, graphtest.Options{})
		w.known("u1")
		w.enter("x", "u1", "email:u1")
		w.enter("x", "u2", "email:2")
		w.pass(2 * time.Hour)
		w.graph.Inject(graphtest.Fault{Kind: graphtest.Code2Transient, Match: graphtest.Match{Op: graphtest.OpForget}, Count: -1})
		w.eraseAll("u1")
		w.pass(time.Hour)
		w.enter("x", "u1", "email:u1")
		w.pass(2 * time.Hour)
		w.converged()
		w.graph.ClearFaults()
		w.pass(10 * time.Minute)
		w.tells("u1 removed 1 1")
		w.holds("1", 0)
		w.pass(2 * time.Hour)
		w.converged()
	})
}

// TestErasureEverywhereOverdue: one that Facebook refuses is told once, shown as overdue
// after a while, and all that ends with the removal.
func TestErasureEverywhereOverdue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		health := &Health{}
		w := newErasing(t, Options{Health: health}, graphtest.Options{})
		w.known("u1", "u2")
		w.graph.Inject(graphtest.Fault{Kind: graphtest.BadData, Match: graphtest.Match{Op: graphtest.OpForget}, Count: -1})
		w.eraseAll("u1")
		w.eraseAll("u2")
		w.pass(24 * time.Hour)
		w.tells("u1 refused 1 1", "u2 refused 1 1")
		if got := len(w.requests("1")); got != 3*4 { // the two together, and each alone, every six hours
			t.Errorf("%d requests in a day", got)
		}
		if h := health.OverdueAccounts(); len(h) != 0 {
			t.Errorf("overdue after a day: %v", h)
		}
		w.pass(49 * time.Hour)
		w.tells()
		w.task.Wipe() // another replica knows the age from the log
		w.task.Takeover()
		w.pass(time.Hour)
		if h := health.OverdueAccounts(); h["1"].Erasures != 2 || h["1"].Remedy == "" {
			t.Errorf("health %v", h)
		}
		w.graph.ClearFaults()
		w.pass(8 * time.Hour)
		w.tells("u1 removed 1 1", "u2 removed 1 1")
		w.holds("1", 0)
		w.kept(0)
		if h := health.OverdueAccounts(); len(h) != 0 {
			t.Errorf("health %v", h)
		}
	})
}

// TestErasureEverywhereFaults: what Facebook does wrong costs time, and nobody else.
func TestErasureEverywhereFaults(t *testing.T) {
	t.Parallel()
	for _, kind := range []graphtest.Kind{
		graphtest.Throttle80003, graphtest.Code1, graphtest.HTTP500, graphtest.HTML400, graphtest.TimeoutBefore, graphtest.TimeoutAfter,
		graphtest.ResetAfter, graphtest.Gone, graphtest.Forbidden, graphtest.TOS, graphtest.TokenExpired, graphtest.TooMany, graphtest.Code368,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newErasing(t, Options{Window: 10 * time.Minute}, graphtest.Options{})
			w.known("u1", "u2")
			w.enter("x", "u3", "email:3")
			w.pass(5 * time.Minute)
			began := time.Now()
			w.graph.Inject(graphtest.Fault{Kind: kind, Match: graphtest.Match{Op: graphtest.OpForget}})
			w.eraseAll("u1")
			w.eraseAll("u2")
			w.enter("x", "u4", "email:4")
			w.pass(40 * time.Minute)
			if kind == graphtest.Code368 {
				w.pass(4 * time.Hour) // Facebook wants a longer rest
			}
			w.holds("1", 0)
			w.tells("u1 removed 1 1", "u2 removed 1 1")
			w.kept(0)
			w.converged()
			w.spaced(kind, began)
		})
	}
}

// TestErasureEverywhereHalves: of a request that is refused, those are carried out who are
// not the cause.
func TestErasureEverywhereHalves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{}, graphtest.Options{})
		w.known("u1", "u2", "u3", "u4", "u5")
		w.graph.Inject(graphtest.Fault{Kind: graphtest.BadData, Match: graphtest.Match{Op: graphtest.OpForget, Rows: 2}, Count: -1})
		for _, u := range w.users {
			w.eraseAll(u)
		}
		w.pass(10 * time.Minute)
		w.holds("1", 0)
		w.kept(0)
		w.tells("u1 removed 1 1", "u2 removed 1 1", "u3 removed 1 1", "u4 removed 1 1", "u5 removed 1 1")
	})
}

// TestErasureEverywhereFills: requests are as full as they may be, and those with an
// EXTERN_ID apart from those without.
func TestErasureEverywhereFills(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{MaxRows: 3, MaxSlice: 2}, graphtest.Options{})
		w.known("u1", "u2", "u3", "u4", "u5")
		for i, u := range w.users {
			rows := []string{"email:" + u}
			if i%2 == 0 {
				rows = []string{"extern_id:" + u + " email:" + u, "phone:" + u}
			}
			w.eraseAll(u, rows...)
			time.Sleep(time.Millisecond)
		}
		w.pass(10 * time.Minute)
		w.holds("1", 0)
		w.kept(0)
		got := w.requests("1")
		slices.Sort(got)
		if !slices.Equal(got, []int{2, 2, 2, 2}) {
			t.Errorf("requests of %v rows", got)
		}
		for _, v := range w.graph.Violations() {
			t.Errorf("violation: %v", v)
		}
	})
}

// TestErasureEverywhereCalledOff: with the scope set back, or an account left out of the
// configuration, what is pending is called off after an hour, and its rows are forgotten.
func TestErasureEverywhereCalledOff(t *testing.T) {
	t.Parallel()
	for _, left := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newErasing(t, Options{Account: "2", Audiences: map[string]AudienceOptions{"z": {Account: "1"}}}, graphtest.Options{}, "1", "2")
			w.known("u1")
			w.graph.Inject(graphtest.Fault{Kind: graphtest.Code2Transient, Match: graphtest.Match{Op: graphtest.OpForget}, Count: -1})
			w.eraseAll("u1")
			w.pass(10 * time.Minute)
			w.options.EraseAccounts = false
			want := []string{"u1 called_off 1 1", "u1 called_off 2 1"}
			if left {
				w.options.EraseAccounts, w.options.Audiences = true, nil
				want = []string{"u1 called_off 1 1", "u1 removed 2 1"}
			}
			w.restart()
			w.task.Takeover()
			before := len(w.requests("1"))
			w.graph.ClearFaults()
			w.pass(40 * time.Minute)
			if left {
				w.kept(1)
			} else {
				w.kept(2)
			}
			w.pass(20 * time.Minute)
			w.tells(want...)
			w.kept(0)
			w.holds("1", 1)
			if got := len(w.requests("1")); got != before {
				t.Errorf("%d requests after it was called off", got-before)
			}
		})
	}
}

// TestErasureEverywhereIsOneCaller: it waits its turn in the account's queue.
func TestErasureEverywhereIsOneCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{}, graphtest.Options{})
		w.known("u1")
		b := w.task.Processor().(*task).budget
		b.until(time.Now().Add(5 * time.Minute))
		w.eraseAll("u1")
		w.pass(2 * time.Minute)
		if claims := b.of("1").queue.claims; len(claims) != 1 || claims[0].early || claims[0].rows != 1 {
			t.Errorf("waits as %v", claims)
		}
		if l := b.load("1", time.Now()); l.WaitingAudiences != 0 || l.WaitingRows != 1 {
			t.Errorf("counted as %v", l)
		}
		w.holds("1", 1)
		w.pass(4 * time.Minute)
		w.holds("1", 0)
	})
}

// TestReservedDeadLetters: what begins like a key of no member and is none we know is a
// dead letter.
func TestReservedDeadLetters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{}, graphtest.Options{})
		erasure, removal := schema.Erasure{AtMs: 1}.Key(), schema.AccountRemovalKey("1", schema.Erasure{AtMs: 1})
		for i, r := range []consumer.Record{
			{Key: []byte("\x00Z"), Value: []byte{}}, {Key: []byte("\x00E"), Value: []byte{}},
			{Key: erasure, Value: []byte{0xff}}, {Key: erasure, Value: []byte{}}, {Key: removal, Value: []byte{0xff}},
		} {
			w.records++
			r.Topic, r.Offset = membersTopic, w.records
			w.task.Process(r)
			if n := len(w.task.DeadLetters()); n != 1 {
				t.Errorf("record %d: %d dead letters", i, n)
			}
		}
		w.records++
		w.task.Process(consumer.Record{Topic: membersTopic, Offset: w.records, Key: erasure})
		if n := len(w.task.DeadLetters()); n != 0 {
			t.Error("a tombstone is a dead letter")
		}
	})
}

// TestEraseAccountsNeedsATopic: others could not be told.
func TestEraseAccountsNeedsATopic(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Facebook: &instant{}, Installation: "test", Topic: statusTopic, Account: facebook.AccountID("1"), EraseAccounts: true})
	if err == nil || !strings.Contains(err.Error(), "topic of members") {
		t.Errorf("got %v", err)
	}
}
