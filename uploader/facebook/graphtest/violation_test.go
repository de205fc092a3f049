package graphtest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestOverlap sends two writes to one audience with a moment between them.
func TestOverlap(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		first, second string
		apart         time.Duration
		other         bool // another audience
		want          ViolationKind
	}{
		"same":          {"POST", "POST", time.Second, false, Overlap},
		"opposite":      {"POST", "DELETE", time.Second, false, OppositeInFlight},
		"one by one":    {"POST", "DELETE", 2 * time.Second, false, ""},
		"two audiences": {"POST", "DELETE", time.Second, true, ""},
		"reading":       {"POST", "GET", time.Second, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, Options{})
				one := c.create()
				two := one
				if tc.other {
					two = c.create()
				}
				c.srv.Inject(Fault{Kind: Slow, Delay: 2 * time.Second, Match: Match{Op: OpAdd, Audience: one}})
				body := payloadOf(t, "EMAIL", []string{h("a")})
				var wg sync.WaitGroup
				wg.Go(func() { c.send(c.request(tc.first, one+"/users", body)) })
				synctest.Wait()
				if got := c.srv.InFlight(); len(got) != 1 || got[0].Op != OpAdd || got[0].Outcome != InFlight || got[0].Rows != 1 {
					t.Errorf("in flight: %+v", got)
				}
				time.Sleep(tc.apart)
				synctest.Wait()
				path := two
				if tc.second != "GET" {
					path += "/users"
				}
				wantOK(t, c.do(tc.second, path, body))
				wg.Wait()
				got := c.violations()
				if tc.want != "" && got[tc.want] != 1 || len(got) != min(len(tc.want), 1) {
					t.Errorf("violations %v, want %q", got, tc.want)
				}
				if n := len(c.srv.InFlight()); n != 0 {
					t.Errorf("%d in flight in the end", n)
				}
			})
		})
	}
}

// TestLeaving lets a client give up and come again before the server has heard of it: that
// is no overlap.
func TestLeaving(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{})
		id := c.create()
		c.srv.Inject(Fault{Kind: TimeoutBefore})
		ctx, cancel := context.WithCancel(t.Context())
		body := payloadOf(t, "EMAIL", []string{h("a")})
		var wg sync.WaitGroup
		wg.Go(func() { c.send(c.request("POST", id+"/users", body).WithContext(ctx)) })
		synctest.Wait()
		wantOK(t, c.do("POST", id+"/users", body))
		time.Sleep(leavingGrace / 2)
		cancel()
		wg.Wait()
		if got := c.violations(); len(got) != 0 {
			t.Errorf("violations %v", got)
		}
	})
}

func TestOppositeAfterUnknown(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method string
		wait   time.Duration
		want   int
	}{
		"at once":   {"DELETE", 0, 1},
		"too early": {"DELETE", 9 * time.Second, 1},
		"in time":   {"DELETE", 10 * time.Second, 0},
		"the same":  {"POST", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, Options{UnknownAnswerWindow: 10 * time.Second})
				id := c.create()
				c.srv.Inject(Fault{Kind: ResetAfter})
				c.rows("POST", id, "EMAIL", []string{h("a")})
				time.Sleep(tc.wait)
				wantOK(t, c.rows(tc.method, id, "EMAIL", []string{h("a")}))
				if got := c.violations()[OppositeAfterUnknown]; got != tc.want {
					t.Errorf("noted %d times, want %d", got, tc.want)
				}
			})
		})
	}
}

// TestFrozenClient: what a client that is frozen has open is over for others when its
// time-out and the rest after that are.
func TestFrozenClient(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		wait time.Duration
		wake bool
		want int
	}{
		"while it sleeps, too early": {19 * time.Second, false, 1},
		"while it sleeps":            {20 * time.Second, false, 0},
		"awake, too early":           {19 * time.Second, true, 1},
		"awake":                      {20 * time.Second, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, Options{UnknownAnswerWindow: 10 * time.Second})
				id := c.create()
				c.srv.Inject(Fault{Kind: TimeoutBefore})
				ctx, wake := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				wg.Go(func() {
					c.send(c.request("POST", id+"/users", payloadOf(t, "EMAIL", []string{h("a")})).WithContext(ctx))
				})
				time.Sleep(tc.wait - time.Second)
				if tc.wake {
					wake()
					wg.Wait()
				}
				time.Sleep(time.Second)
				wantOK(t, c.rows("DELETE", id, "EMAIL", []string{h("a")}))
				time.Sleep(time.Second)
				wake()
				wg.Wait()
				if got := c.violations(); got[OppositeInFlight]+got[OppositeAfterUnknown] != tc.want {
					t.Errorf("violations %v, want %d", got, tc.want)
				}
			})
		})
	}
}

func TestDuplicateMarker(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	c.create(`,"description":"marker a"`)
	c.create(`,"description":"marker b"`)
	c.create()
	c.create()
	if got := c.violations()[DuplicateMarker]; got != 0 {
		t.Errorf("noted %d times without cause", got)
	}
	again := c.create(`,"description":"marker a"`)
	if got := c.violations()[DuplicateMarker]; got != 1 {
		t.Errorf("noted %d times, want 1: audience %s was made twice", got, again)
	}
}

func TestOldVersionNoted(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	req := c.request("GET", "act_1", "")
	req.URL.Path = "/v24.0/act_1"
	wantOK(t, c.send(req))
	if got := c.violations()[OldVersion]; got != 1 {
		t.Errorf("noted %d times, want 1", got)
	}
}

// TestNoSecrets looks for tokens and values in everything the emulator tells about requests.
func TestNoSecrets(t *testing.T) {
	t.Parallel()
	const secret, raw = "sesame-opens", "someone@example.com"
	c := newClient(t, Options{Tokens: []Token{{Value: secret}}})
	c.token = ""
	id := c.srv.AddAudience("1", nil)
	wantOK(t, c.do("POST", id+"/users?access_token="+secret, payloadOf(t, "EMAIL", []string{raw}, []string{h("")})))
	admin := c.srv.Admin()
	for _, path := range []string{"/journal", "/violations", "/stats", "/inflight", "/audiences", "/faults"} {
		text := adminCall(t, admin, "GET", path, "", 200)
		if strings.Contains(text, secret) || strings.Contains(text, raw) {
			t.Errorf("%s tells a secret: %s", path, text)
		}
	}
	if len(c.srv.Violations()) == 0 {
		t.Error("no violations, so nothing was tested")
	}
}

// TestOrder holds rule 2 of the package: without reordering arrival counts; with it only
// what was answered first stays first.
func TestOrder(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		span     time.Duration
		answered bool
		overtake bool // some seed must show it
	}{
		"arrival":             {0, false, false},
		"reordered":           {time.Second, false, true},
		"reordered, answered": {time.Second, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				overtaken := 0
				for seed := range uint64(40) {
					c := newClient(t, Options{ReorderSpan: tc.span, Seed: seed})
					id := c.create()
					if !tc.answered {
						c.srv.Inject(Fault{Kind: ResetAfter})
					}
					c.rows("POST", id, "EMAIL", []string{h("a")})
					wantOK(t, c.rows("DELETE", id, "EMAIL", []string{h("a")}))
					c.srv.Settle()
					overtaken += c.srv.Audience(id).Lines
				}
				if (overtaken > 0) != tc.overtake {
					t.Errorf("the removal overtook the add in %d of 40 runs", overtaken)
				}
			})
		})
	}
}
