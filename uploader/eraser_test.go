package uploader

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

const membersTopic = "muster.members"

// erasing is a world whose erasures reach whole ad accounts, in each of which another team
// has an audience too.
type erasing struct {
	*world
	others  map[string]string // account → the other team's audience
	members map[string][]byte // the topic of members, of keys that are of no member
	unread  []consumer.Record
	told    []string // "user step account rows"
	users   []string
}

func newErasing(t *testing.T, o Options, g graphtest.Options, accounts ...string) *erasing {
	o.EraseAccounts, o.Members, o.Audit, o.ResendOver = true, membersTopic, auditTopic, -1
	if len(accounts) == 0 {
		accounts = []string{"1"}
	}
	for _, a := range accounts {
		g.Accounts = append(g.Accounts, graphtest.Account{ID: a})
	}
	w := &erasing{world: newWorld(t, o, g), others: map[string]string{}, members: map[string][]byte{}}
	for _, a := range accounts {
		w.others[a] = w.graph.AddAudience(a, map[string]string{"name": "others"})
	}
	return w
}

// known has the user in the other teams' audiences, by some email.
func (w *erasing) known(users ...string) {
	for _, u := range users {
		for _, id := range w.others {
			w.graph.AddRows(id, uploaded(parseRow("email:"+u)))
		}
	}
	w.users = append(w.users, users...)
}

// eraseAll says that a user was erased, as a whole and of audience x.
func (w *erasing) eraseAll(user string, rows ...string) {
	w.t.Helper()
	if len(rows) == 0 {
		rows = []string{"email:" + user}
	}
	w.task.Process(w.erasureOf(user, rows...))
	if w.desired["x"][user] != nil {
		w.erase("x", user)
	}
	w.hear()
}

// erasureOf is the record that says an erasure as a whole.
func (w *erasing) erasureOf(user string, rows ...string) consumer.Record {
	w.t.Helper()
	value, err := (&musterpb.MemberRows{Erased: true, Rows: parseRows(rows...)}).MarshalVT()
	if err != nil {
		w.t.Fatal(err)
	}
	w.records++
	r := consumer.Record{
		Topic: membersTopic, Offset: w.records, Time: time.Now(),
		Key: schema.Erasure{User: userKey(user), AtMs: time.Now().UnixMilli()}.Key(), Value: value,
	}
	w.members[string(r.Key)] = value
	return r
}

// pass is run, with what the task writes to the topic of members read by it.
func (w *erasing) pass(d time.Duration) {
	w.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		w.run(min(max(d/100, 5*time.Second), time.Until(end)))
		w.hear()
	}
}

// hear reads what was emitted.
func (w *erasing) hear() {
	w.t.Helper()
	for w.take(); len(w.unread) > 0; w.take() {
		unread := w.unread
		w.unread = nil
		w.task.Process(unread...)
	}
}

// take notes what was emitted, if anything was.
func (w *erasing) take() (any bool) {
	w.t.Helper()
	for _, e := range w.task.Emissions() {
		any = true
		switch e.Topic {
		case membersTopic:
			if w.members[string(e.Key)] = e.Value; e.Value == nil {
				delete(w.members, string(e.Key))
			}
			w.records++
			w.unread = append(w.unread, consumer.Record{Topic: e.Topic, Offset: w.records, Time: time.Now(), Key: e.Key, Value: e.Value})
		case auditTopic:
			var a schema.Audit
			if err := json.Unmarshal(e.Value, &a); err != nil || string(e.Key) != a.User {
				w.t.Fatalf("audit %s: %v", e.Value, err)
			}
			if a.Account == "" {
				continue // of one audience
			}
			i := slices.IndexFunc(w.users, func(u string) bool { return fmt.Sprintf("%x", userKey(u)) == a.User })
			if i < 0 || a.Audience != "" || a.Installation != "test" || a.At.IsZero() {
				w.t.Fatalf("audit %s", e.Value)
			}
			w.told = append(w.told, fmt.Sprintf("%s %s %s %d", w.users[i], a.Step, a.Account, a.Rows))
		}
	}
	return any
}

// tells compares what the topic of audits was told since the last call.
func (w *erasing) tells(want ...string) {
	w.t.Helper()
	slices.Sort(w.told)
	if d := cmp.Diff(want, w.told); d != "" {
		w.t.Errorf("told the topic of audits, -want +got\n%s", d)
	}
	w.told = nil
}

// holds compares how many rows the other team's audience of an account has.
func (w *erasing) holds(account string, want int) {
	w.t.Helper()
	w.graph.Settle()
	if n := w.graph.Audience(w.others[account]).Lines; n != want {
		w.t.Errorf("the others' audience in account %s holds %d rows, want %d", account, n, want)
	}
}

// kept compares how many entries the changelog holds after compaction, and that the topic
// of members holds nothing of an erasure.
func (w *erasing) kept(want int) {
	w.t.Helper()
	last := map[string][]byte{}
	for _, r := range w.task.Changelog() {
		last[string(r.Key)] = r.Value
	}
	n := 0
	for key, value := range last {
		if _, _, err := schema.ParseAccountErasureKey([]byte(key)); err == nil && value != nil {
			n++
		}
	}
	if n != want {
		w.t.Errorf("the changelog holds %d erasures, want %d", n, want)
	}
	if len(w.members) != 0 {
		w.t.Errorf("the topic of members still holds %d records", len(w.members))
	}
}

// requests are the rows of the requests to an account, in order.
func (w *erasing) requests(account string) (rows []int) {
	for _, e := range w.graph.Journal() {
		if e.Op == graphtest.OpForget && strings.Contains(e.Path, "act_"+account+"/") {
			rows = append(rows, e.Rows)
		}
	}
	return rows
}

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

// TestErasureEverywhereSurvivesCrashes: wherever an owner dies, from the record to the
// entry's tombstone, the person is removed, that is told, and others stay.
func TestErasureEverywhereSurvivesCrashes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		step consumer.Step
		wipe bool
		want int // crashes, at least
	}{
		{consumer.BeforeLog, false, 5}, {consumer.AfterLog, false, 5}, {consumer.AfterLog, true, 5},
		{consumer.AfterEmit, false, 5}, {consumer.AfterEmit, true, 5}, {consumer.AfterTable, false, 2},
	} {
		n := 0
		for commit, more := 0, true; more; commit++ {
			var crashed bool
			if crashed, more = eraseWithCrash(t, c.step, c.wipe, commit); crashed {
				n++
			}
		}
		if n < c.want {
			t.Errorf("step %v: only %d crashes", c.step, n)
		}
	}
}

// eraseWithCrash lets the owner die in the n-th commit of the erasure's life, if that comes
// to the step. more: there are later ones.
func eraseWithCrash(t *testing.T, step consumer.Step, wipe bool, n int) (crashed, more bool) {
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{Window: 10 * time.Minute}, graphtest.Options{})
		w.crashes = true
		w.known("u1")
		w.enter("x", "twin", "email:u1")
		w.enter("x", "other", "email:o")
		w.pass(5 * time.Minute)
		commits := 0
		// try commits, again after a crash, and has the owner die in the n-th commit.
		try := func(f func() error) {
			logged := len(w.task.Changelog())
			armed := !crashed && commits == n
			if armed {
				w.task.FailAt(step)
			}
			if err := f(); err != nil {
				crashed = true
				if wipe {
					w.task.Wipe()
				}
				w.task.Takeover()
				if err := f(); err != nil { // records are read again
					t.Fatal(err)
				}
			} else if armed {
				w.task.FailAt(-1) // there was nothing to commit
			}
			if emitted := w.take(); emitted || len(w.task.Changelog()) > logged {
				commits++
			}
		}
		said := w.erasureOf("u1", "email:u1")
		try(func() error { return w.task.ProcessErr(said) })
		for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); {
			var next time.Time
			try(func() (err error) {
				next, err = w.task.TickErr()
				return err
			})
			if unread := w.unread; len(unread) > 0 {
				w.unread = nil
				try(func() error { return w.task.ProcessErr(unread...) })
				continue
			}
			if next.IsZero() || next.After(end) {
				next = end
			}
			select {
			case <-w.task.Processor().Wake():
			case <-time.After(time.Until(next)):
			}
		}
		w.holds("1", 0)
		w.kept(0)
		if got := slices.Compact(w.told); !slices.Equal(got, []string{"u1 removed 1 1"}) || len(w.told) > 2 {
			t.Errorf("crash %v in commit %d, wipe %t: told %q", step, n, wipe, w.told)
		}
		w.told = nil
		w.pass(30 * time.Minute)
		w.converged()
		more = commits > n
	})
	return crashed, more
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

// spaced fails if a request was repeated while the one before it could still take effect.
func (w *erasing) spaced(kind graphtest.Kind, began time.Time) {
	w.t.Helper()
	var before time.Time
	for _, e := range w.graph.Journal() {
		if e.Op != graphtest.OpForget || e.Start.Before(began) {
			continue
		}
		unknown := kind == graphtest.TimeoutBefore || kind == graphtest.TimeoutAfter || kind == graphtest.ResetAfter
		if wait := e.Start.Sub(before); unknown && wait < 20*time.Second {
			w.t.Errorf("%s: repeated after %s", kind, wait)
		}
		before = e.Start
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
