package graphtest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestAnswers arms every fault that is an answer and checks the answer and that nothing was
// done, then that the next request passes.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind                  Kind
		status, code, subcode int
		text                  string
	}{
		{Code1, 400, 1, 0, "unknown error"},
		{Code1_99, 500, 1, 99, "unknown error"},
		{Code1Reduce, 500, 1, 0, "Please reduce the amount of data"},
		{Code2Transient, 503, 2, 0, `"is_transient":true`},
		{Code4, 400, 4, 0, "Application request limit"},
		{Code368, 400, 368, 0, "abusive"},
		{HTTP500, 500, 1, 0, ""},
		{HTTP503, 503, 0, 0, "Service Unavailable"},
		{HTTP200Text, 200, 0, 0, "Service Unavailable"},
		{HTML400, 400, 0, 0, "<!DOCTYPE html>"},
		{HTML500, 500, 0, 0, "<!DOCTYPE html>"},
		{Throttle80003, 400, 80003, 2446079, "too many calls"},
		{Throttle17, 400, 17, 2446079, ""},
		{Throttle613, 400, 613, 1487742, ""},
		{Abuse613, 400, 613, 0, ""},
		{TOS, 403, 200, 1870090, "Custom Audience Terms Not Accepted"},
		{TokenExpired, 400, 190, 463, "Session has expired on"},
		{MissingAfterCreate, 400, 803, 0, "(#803) Some of the aliases you requested do not exist: users"},
		{Flagged, 400, 100, 1713230, "Audience Upload Blocked"},
		{ReplaceInProgress, 400, 2650, 1870145, ""},
		{LowSize, 400, 200, 1870047, "Audience Size too Low"},
		{TooMany, 400, 105, 0, ""},
		{Gone, 400, 100, 33, "does not exist, cannot be loaded due to missing permissions"},
		{Forbidden, 403, 200, 0, "(#200) The current user can not update audience"},
		{BadData, 400, 100, 0, "(#100) Data is missing or does not match schema"},
		{SessionTimedOut, 400, 2650, 1870158, ""},
		{SessionFinished, 400, 2650, 1870159, ""},
		{FirstBatchMissing, 400, 2650, 1870147, ""},
		{NotReplaced, 400, 2650, 1870148, ""},
		{TooManyPeople, 400, 2650, 1870144, ""},
	} {
		t.Run(string(tc.kind), func(t *testing.T) {
			t.Parallel()
			c := newClient(t, Options{})
			id := c.create()
			c.srv.Inject(Fault{Kind: tc.kind})
			do := func() answer { return c.rows("POST", id, "EMAIL", []string{h("a")}) }
			if !tc.kind.possible(OpAdd) && tc.kind.possible(OpReplace) {
				do = func() answer { return c.do("POST", id+"/usersreplace", batchOf(t, 1, 1, true, "a")) }
			}
			a := do()
			wantCode(t, a, tc.status, tc.code, tc.subcode)
			if !strings.Contains(a.text, tc.text) {
				t.Errorf("answer %s lacks %q", a.text, tc.text)
			}
			if tc.code != 0 && !strings.Contains(a.text, `"fbtrace_id"`) {
				t.Error("error without fbtrace_id")
			}
			if got := c.srv.Audience(id).Lines; got != 0 {
				t.Errorf("%d lines after a refusal", got)
			}
			if d := cmp.Diff(map[Kind]int{tc.kind: 1}, c.srv.FaultsFired()); d != "" {
				t.Errorf("fired: %s", d)
			}
			j := c.srv.Journal()
			e := j[len(j)-1]
			if e.Fault != tc.kind || e.Status != tc.status || e.Code != tc.code || e.Outcome != Answered {
				t.Errorf("journal: %+v", e)
			}
			wantOK(t, do())
		})
	}
}

// TestEveryKindAnswersOrCuts keeps the tables of fault.go complete.
func TestEveryKindAnswersOrCuts(t *testing.T) {
	t.Parallel()
	seen := make(map[Kind]bool)
	for _, k := range Kinds() {
		if seen[k] {
			t.Errorf("%s is listed twice", k)
		}
		seen[k] = true
		rep := k.reply(&Entry{}, 1870090)
		silent := k.executes() || k == ResetBefore || k == TimeoutBefore
		if (rep == nil) != silent {
			t.Errorf("%s: answer %v, silent %v", k, rep, silent)
		}
	}
}

func TestThrottleFault(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		delay time.Duration
		want  int
	}{{0, 1}, {90 * time.Second, 2}, {-1, 0}} {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, Options{})
			c.srv.Inject(Fault{Kind: Throttle80003, Delay: tc.delay})
			a := c.do("GET", "act_1/customaudiences", "")
			u := header[useCases](t, a, "x-business-use-case-usage")["1"][0]
			if u.Wait != tc.want || u.Calls != 100 {
				t.Errorf("delay %s: usage %+v, want %d minutes", tc.delay, u, tc.want)
			}
			time.Sleep(30 * time.Second)
			wantOK(t, c.do("GET", "act_1/customaudiences", ""))
			want := min(tc.want, 1) // too early, if a wait was announced
			if got := c.violations()[WhileThrottled]; got != want {
				t.Errorf("delay %s: calling while throttled noted %d times, want %d", tc.delay, got, want)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	one, two := c.create(), c.create()
	c.srv.Inject(Fault{Kind: Code1, Match: Match{Op: OpRemove, Audience: two}, Skip: 1, Count: 2})
	c.srv.Inject(Fault{Kind: HTTP503, Match: Match{Method: "get", Path: "customaudiences", Client: "test"}, Count: -1})
	wantOK(t, c.rows("DELETE", one, "EMAIL", []string{h("a")}))
	wantOK(t, c.rows("POST", two, "EMAIL", []string{h("a")}))
	wantOK(t, c.rows("DELETE", two, "EMAIL", []string{h("a")}))
	wantCode(t, c.rows("DELETE", two, "EMAIL", []string{h("a")}), 400, 1, 0)
	wantCode(t, c.do("POST", two+"/users", `{"method":"delete"}`), 400, 1, 0)
	wantOK(t, c.rows("DELETE", two, "EMAIL", []string{h("a")}))
	for range 3 {
		wantCode(t, c.do("GET", "act_1/customaudiences", ""), 503, 0, 0)
	}
	if got := c.srv.PendingFaults(); got != 1 {
		t.Errorf("%d faults pending, want the endless one", got)
	}
	c.srv.ClearFaults()
	c.srv.Inject(Fault{Kind: TooMany, Match: Match{Rows: 2}})
	wantOK(t, c.rows("POST", one, "EMAIL", []string{h("a")}))
	wantCode(t, c.rows("POST", one, "EMAIL", []string{h("a")}, []string{h("b")}), 400, 105, 0)
	wantOK(t, c.do("GET", "act_1/customaudiences", ""))
	if d := cmp.Diff(map[Kind]int{Code1: 2, HTTP503: 3, TooMany: 1}, c.srv.FaultsFired()); d != "" {
		t.Errorf("fired: %s", d)
	}
}

// TestRandom holds that chance is reproducible and hits only what it can.
func TestRandom(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) (map[Kind]int, []Kind) {
		c := newClient(t, Options{Seed: seed, Random: RandomFaults{Rates: EvenRates(0.5, Code1, LowSize, HTTP503, ResetBefore)}})
		c.srv.SetRandomFaults(RandomFaults{Rates: EvenRates(0.5, Code1, LowSize, HTTP503, ResetBefore)})
		for range 400 {
			c.do("GET", "act_1/customaudiences", "")
			c.do("GET", "me", "")
		}
		var order []Kind
		for _, e := range c.srv.Journal() {
			if e.Op == OpMe && e.Fault != "" {
				t.Errorf("fault %s on /me", e.Fault)
			}
			order = append(order, e.Fault)
		}
		return c.srv.FaultsFired(), order
	}
	fired, order := run(7)
	for _, k := range []Kind{Code1, HTTP503, ResetBefore} {
		if n := fired[k]; n < 20 || n > 90 {
			t.Errorf("%s fired %d times of 400, expected about 50", k, n)
		}
	}
	if fired[LowSize] != 0 {
		t.Error("low_size fired on a list")
	}
	if _, again := run(7); !cmp.Equal(order, again) {
		t.Error("same seed, other faults")
	}
	if _, other := run(8); cmp.Equal(order, other) {
		t.Error("other seed, same faults")
	}
}

// TestSilence holds what remains of requests whose answer never came.
func TestSilence(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind    Kind
		delay   time.Duration
		timeout bool // the client gives up
		outcome Outcome
		lines   int // at once
		later   int // in the end
	}{
		{ResetBefore, 0, false, Reset, 0, 0},
		{ResetAfter, 0, false, Reset, 1, 1},
		{ResetAfter, time.Minute, false, Reset, 0, 1},
		{TimeoutBefore, 0, true, Abandoned, 0, 0},
		{TimeoutAfter, 0, true, Abandoned, 1, 1},
		{TimeoutAfter, time.Minute, true, Abandoned, 0, 1},
		{Slow, time.Minute, true, Abandoned, 0, 1},
	} {
		t.Run(string(tc.kind)+tc.delay.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, Options{})
				id := c.create()
				c.srv.Inject(Fault{Kind: tc.kind, Delay: tc.delay})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				req := c.request("POST", id+"/users", payloadOf(t, "EMAIL", []string{h("a")}))
				start := time.Now()
				a := c.send(req.WithContext(ctx))
				waited := time.Since(start)
				switch {
				case tc.timeout && (!errors.Is(a.err, context.DeadlineExceeded) || waited != 10*time.Second):
					t.Errorf("after %s: error %v, want a time-out", waited, a.err)
				case !tc.timeout && (!errors.Is(a.err, syscall.ECONNRESET) || waited != 0):
					t.Errorf("after %s: error %v, want a reset", waited, a.err)
				}
				if got := c.srv.Audience(id).Lines; got != tc.lines {
					t.Errorf("%d lines, want %d", got, tc.lines)
				}
				time.Sleep(time.Minute)
				if got := c.srv.Audience(id).Lines; got != tc.later {
					t.Errorf("%d lines in the end, want %d", got, tc.later)
				}
				j := c.srv.Journal()
				if e := j[len(j)-1]; e.Outcome != tc.outcome || e.Status != 0 || e.Fault != tc.kind {
					t.Errorf("journal: %+v", e)
				}
			})
		})
	}
}

func TestSlowAndLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{Latency: 20 * time.Millisecond})
		id := c.create()
		c.srv.Inject(Fault{Kind: Slow, Delay: 5 * time.Second})
		start := time.Now()
		wantOK(t, c.rows("POST", id, "EMAIL", []string{h("a")}))
		if got := time.Since(start); got != 5*time.Second+20*time.Millisecond {
			t.Errorf("answered after %s", got)
		}
		if got := c.srv.Audience(id).Lines; got != 1 {
			t.Errorf("%d lines after the answer, want 1", got)
		}
	})
}

// TestHang ends a request without an answer when the client waits for ever.
func TestHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{})
		c.srv.Inject(Fault{Kind: TimeoutBefore})
		if a := c.do("GET", "act_1", ""); !errors.Is(a.err, syscall.ECONNRESET) {
			t.Errorf("error %v, want a reset in the end", a.err)
		}
	})
}

// TestTCP holds that faults of the connection look over TCP as they do in process.
func TestTCP(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	ts := httptest.NewServer(c.srv)
	defer ts.Close()
	id := c.create()
	send := func() answer {
		req := c.request("POST", id+"/users", payloadOf(t, "EMAIL", []string{h("a")}))
		req.URL.Scheme, req.URL.Host = "http", ts.Listener.Addr().String()
		res, err := ts.Client().Do(req)
		return read(t, res, err)
	}
	wantOK(t, send())
	for kind, lines := range map[Kind]int{ResetBefore: 0, ResetAfter: 1} {
		wantOK(t, c.rows("DELETE", id, "EMAIL", []string{h("a")}))
		c.srv.Inject(Fault{Kind: kind})
		if a := send(); !errors.Is(a.err, syscall.ECONNRESET) {
			t.Errorf("%s: error %v, want a reset", kind, a.err)
		}
		if got := c.srv.Audience(id).Lines; got != lines {
			t.Errorf("%s: %d lines, want %d", kind, got, lines)
		}
	}
	c.srv.Inject(Fault{Kind: TimeoutAfter})
	ts.Client().Timeout = 50 * time.Millisecond
	var timeout interface{ Timeout() bool }
	if a := send(); !errors.As(a.err, &timeout) || !timeout.Timeout() {
		t.Errorf("error %v, want a time-out", a.err)
	}
}

// TestAbort holds that a plain recorder sees an aborted handler, as with net/http's server.
func TestAbort(t *testing.T) {
	t.Parallel()
	srv := New(Options{})
	srv.Inject(Fault{Kind: ResetBefore})
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("panic %v, want http.ErrAbortHandler", p)
		}
	}()
	srv.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/act_1", nil))
}
