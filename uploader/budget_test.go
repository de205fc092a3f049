package uploader

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

func TestBudget(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	use := func(percent float64) facebook.Usage {
		return facebook.Usage{AdAccount: facebook.AdAccountUsage{Percent: percent, Reset: 5 * time.Minute}}
	}
	for _, tt := range []struct {
		name  string
		tasks int
		all   int
		do    func(*budget)
		want  time.Duration // until the second request may go
	}{
		{"free", 1, 1, func(*budget) {}, 0},
		{"easy", 1, 1, func(b *budget) { b.learn("1", use(50), nil, now) }, 0},
		{"half way", 1, 1, func(b *budget) { b.learn("1", use(72.5), nil, now) }, fullSpacing / 2},
		{"half way, a quarter of the partitions", 1, 4, func(b *budget) { b.learn("1", use(72.5), nil, now) }, 2 * fullSpacing},
		{"half way, two of three tasks given up", 3, 4, func(b *budget) { b.leave(b.own[0]); b.leave(b.own[0]); b.learn("1", use(72.5), nil, now) }, 2 * fullSpacing},
		{"full", 1, 1, func(b *budget) { b.learn("1", use(96), nil, now) }, 5 * time.Minute},
		{"of another account", 1, 1, func(b *budget) { b.learn("2", use(96), nil, now) }, 0},
		{"the app is full", 1, 1, func(b *budget) { b.learn("2", facebook.Usage{App: facebook.Load{Calls: 99}}, nil, now) }, decay},
		{"throttled", 1, 1, func(b *budget) {
			b.learn("1", facebook.Usage{}, &facebook.Error{Class: facebook.Throttle, RetryAfter: 7 * time.Minute}, now)
		}, 7 * time.Minute},
		{"to cool down", 1, 1, func(b *budget) {
			b.learn("1", facebook.Usage{}, &facebook.Error{Class: facebook.Cooldown, RetryAfter: 7 * time.Minute}, now)
		}, 7 * time.Minute},
		{"the app is throttled", 1, 1, func(b *budget) {
			b.learn("2", facebook.Usage{}, &facebook.Error{Class: facebook.ThrottleApp, RetryAfter: 7 * time.Minute}, now)
		}, 7 * time.Minute},
		{"blocked", 1, 1, func(b *budget) { b.block("1", &musterpb.Block{}, now) }, time.Hour},
		{"everything is blocked", 1, 1, func(b *budget) { b.block("", &musterpb.Block{}, now) }, time.Hour},
		{"blocked no more", 1, 1, func(b *budget) { b.block("1", &musterpb.Block{}, now); b.passed("1", now) }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newTestBudget(noCredential)
			for range tt.tasks {
				b.join(new(task), tt.all)
			}
			tt.do(b)
			if tt.want != fullSpacing/2 && tt.want != 2*fullSpacing {
				ok, at := call(b, "1", now)
				if ok != (tt.want == 0) || at.Sub(now) != tt.want {
					t.Errorf("take: %t, %s, want %s", ok, at.Sub(now), tt.want)
				}
				return
			}
			if ok, _ := call(b, "1", now); !ok {
				t.Fatal("the first request may not go")
			}
			if ok, at := call(b, "1", now); ok || at.Sub(now) != tt.want {
				t.Errorf("second take: %t, %s, want %s", ok, at.Sub(now), tt.want)
			}
		})
	}
}

// TestBudgetProbe: while blocked, one request a slow beat passes.
func TestBudgetProbe(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	b := newTestBudget(noCredential)
	b.block("1", &musterpb.Block{}, now)
	passed := 0
	for i := range 10 * 60 {
		if ok, _ := call(b, "1", now.Add(time.Duration(i)*time.Minute)); ok {
			passed++
		}
	}
	if passed != 9 {
		t.Errorf("%d requests in ten hours, want 9", passed)
	}
}

func noCredential() uint64 { return 0 }

func noJitter(time.Duration) time.Duration { return 0 }

// newTestBudget has a slow beat of an hour, and no jitter.
func newTestBudget(credential func() uint64) *budget {
	return &budget{slowBeat: time.Hour, credential: credential, jitter: noJitter, accounts: make(map[facebook.AccountID]*gauge)}
}

// call takes the right to a request, and ends it at once.
func call(b *budget, account facebook.AccountID, now time.Time) (ok bool, at time.Time) {
	t := &task{wake: make(chan struct{}, 1)}
	c := &claim{audience: new(audience), task: t}
	ok, at = b.take(account, c, now)
	b.done(account, t)
	b.forgetTask(t)
	return ok, at
}

// TestBudgetNewToken: a refused access token is asked for again once a slow beat;
// another one is tried at once, and only once if it is refused, too.
func TestBudgetNewToken(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	token := uint64(1)
	b := newTestBudget(func() uint64 { return token })
	block := &musterpb.Block{Reason: facebook.Reauth.String()}
	b.block("", block, now)
	now = now.Add(time.Minute)
	if ok, at := call(b, "1", now); ok || at.Sub(now) != credentialLook || b.opens("1", now) != at {
		t.Errorf("the refused token: %t, looked at again after %s and %s", ok, at.Sub(now), b.opens("1", now).Sub(now))
	}
	token = 2
	if at := b.opens("1", now); at.After(now) {
		t.Errorf("the new token waits %s", at.Sub(now))
	}
	if ok, _ := call(b, "1", now); !ok {
		t.Error("the new token is not tried")
	}
	b.block("", block, now)
	if ok, _ := call(b, "1", now.Add(time.Minute)); ok {
		t.Error("the new token, refused as well, is tried again")
	}
	if ok, _ := call(b, "1", now.Add(time.Hour)); !ok {
		t.Error("nothing is tried after a slow beat")
	}
}

// busy is a Facebook whose answers say how much of its limit is used.
type busy struct {
	Facebook
	percent float64
}

func (b *busy) AddUsers(ctx context.Context, id facebook.AudienceID, p facebook.Payload) (facebook.UsersResult, error) {
	r, err := b.Facebook.AddUsers(ctx, id, p)
	r.Usage.AdAccount.Percent = b.percent
	return r, err
}

// What fills a batch goes before its window's end, and what is sent anew at all, only
// where the budget is easy.
func TestSpareBudget(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		percent float64
		early   bool
	}{{10, true}, {60, false}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, Options{MaxRows: 3, ResendOver: -1}, graphtest.Options{})
			w.journal.Facebook = &busy{w.journal.Facebook, tt.percent}
			w.enter("x", "u0", "email:0")
			w.run(2 * time.Minute)
			for i := range 3 {
				w.enter("x", fmt.Sprint(i), fmt.Sprint("email:", i))
			}
			w.run(3 * time.Minute)
			if sent := w.lines() == 3; sent != tt.early {
				t.Errorf("%v %% used: a full batch was sent at once: %t", tt.percent, sent)
			}
			w.run(time.Hour)
			w.converged()
		})
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, Options{Window: time.Minute, ResendOver: 10 * time.Minute}, graphtest.Options{})
			w.journal.Facebook = &busy{w.journal.Facebook, tt.percent}
			w.enter("x", "u0", "email:0")
			w.run(time.Hour)
			if n := w.requests("add"); (n > 3) != tt.early || n == 0 {
				t.Errorf("%v %% used: %d requests, the first and those of the re-send", tt.percent, n)
			}
		})
	}
}

// TestBatchSize: batches shrink to half of what was too large, for their account
// only, and grow back with what passes in full.
func TestBatchSize(t *testing.T) {
	t.Parallel()
	const most = 1000
	b := newTestBudget(noCredential)
	b.tooLarge("1", most)
	b.tooLarge("1", most) // of a request that was under way
	if got, other := b.rows("1", most), b.rows("2", most); got != 500 || other != most {
		t.Errorf("%d rows, %d in the other account", got, other)
	}
	b.tooLarge("1", 400)
	b.took("1", 199, most) // not a full one: it shows nothing
	if got := b.rows("1", most); got != 200 {
		t.Errorf("%d rows, want 200", got)
	}
	b.took("1", 200, most)
	if got := b.rows("1", most); got != 250 {
		t.Errorf("%d rows, want 250", got)
	}
	for range 20 {
		b.took("1", b.rows("1", most), most)
	}
	if got := b.rows("1", most); got != most {
		t.Errorf("%d rows, want %d again", got, most)
	}
	b.tooLarge("1", 1)
	if got := b.rows("1", most); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}
