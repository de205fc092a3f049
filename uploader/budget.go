package uploader

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

const (
	// easyPercent is the use of Facebook's limits below which requests are not
	// spaced, and below which there is room for what can wait.
	easyPercent = 50
	// fullPercent is the use from which requests stop until the limit decays.
	fullPercent = 95
	// fullSpacing is the time between two requests of all owners together just
	// below fullPercent: 20 writes in 5 minutes, what the limited tier sustains
	// (Meta, "Rate Limiting": 60 points, 3 a write, decaying over 300 s).
	fullSpacing = 15 * time.Second
	// fullRequest is how long a request of 10,000 rows takes, generously.
	fullRequest = 5 * time.Second
	// decay is how long to stop at fullPercent when no header says.
	decay = time.Minute
	// credentialLook is how often a new access token is looked for while the
	// present one is refused.
	credentialLook = 5 * time.Second
)

// budget paces the requests of this process, per ad account, by what Facebook's
// answers say of its limits. Owners share an account without talking to each
// other: all see the same percentage, and each spaces its requests by the inverse
// of its share of the partitions. Within a process the audiences of an account
// queue for one request at a time (queue.go). It is safe for concurrent use.
type budget struct {
	slowBeat   time.Duration
	credential func() uint64 // tells one access token from another
	jitter     func(wait time.Duration) time.Duration

	mu       sync.Mutex
	own      []*task
	all      int // partitions
	app      gauge
	accounts map[facebook.AccountID]*gauge
}

// gauge is what is known of one limit. Its block needs a person.
type gauge struct {
	next    time.Time // no request before
	percent float64
	tier    string // access tier of the app, as Facebook calls it
	block   *musterpb.Block
	rows    int // that a request may have; 0 = as many as any
	// refused is the access token that was, when Facebook wants another.
	refused uint64
	queue   queue
}

func newBudget(o *Options) *budget {
	return &budget{slowBeat: o.SlowBeat, credential: o.Facebook.Credential, jitter: o.jitter, accounts: make(map[facebook.AccountID]*gauge)}
}

// jitter is up to a tenth of a wait: replicas that were stopped together must not
// come back together.
func jitter(wait time.Duration) time.Duration { return rand.N(wait/10 + 1) }

// join and leave keep the share of this process.
func (b *budget) join(t *task, partitions int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.own = append(b.own, t)
	b.all = partitions
}

// leave is called when a task is over, its requests too.
func (b *budget) leave(t *task) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.own = slices.DeleteFunc(b.own, func(own *task) bool { return own == t })
	for _, g := range b.accounts {
		if g.queue.caller == t {
			g.queue.caller = nil
			g.queue.rouse()
		}
	}
}

func (b *budget) of(account facebook.AccountID) *gauge {
	g := b.accounts[account]
	if g == nil {
		g = new(gauge)
		b.accounts[account] = g
	}
	return g
}

// take reserves the right to one request now, until done, or says when to ask
// again; the zero time means when the task is roused. While something is blocked
// one request a slow beat passes, to see if it still is.
func (b *budget) take(account facebook.AccountID, c *claim, now time.Time) (ok bool, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.of(account)
	c = g.queue.put(c)
	if at = later(g.next, b.opensApp(now)); now.Before(at) {
		return false, at
	}
	if g.queue.caller != nil {
		return false, time.Time{}
	}
	if ok, at = g.queue.turn(c, now); !ok {
		return false, at
	}
	g.queue.caller = c.task
	if b.app.block != nil {
		b.app.next = now.Add(b.slowBeat)
	}
	if g.block != nil {
		g.next = now.Add(b.slowBeat)
	} else {
		g.next = now.Add(b.spacing(g.percent))
	}
	return true, now
}

// retry ends the waiting of an account, and of everything, for a person to act: one
// request finds out. It does not end a throttle.
func (b *budget) retry(account facebook.AccountID, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, g := range []*gauge{&b.app, b.of(account)} {
		if g.block != nil {
			g.next = now
		}
	}
}

// opensApp returns when the whole app may call again. Another access token ends
// the waiting for one at once.
func (b *budget) opensApp(now time.Time) time.Time {
	if b.app.block == nil || b.app.block.Reason != facebook.Reauth.String() || !now.Before(b.app.next) {
		return b.app.next
	}
	if present := b.credential(); present != b.app.refused {
		b.app.refused, b.app.next = present, now
		return now
	}
	return sooner(b.app.next, now.Add(credentialLook))
}

// spacing grows from nothing at easyPercent to fullSpacing at fullPercent.
func (b *budget) spacing(percent float64) time.Duration {
	if percent <= easyPercent {
		return 0
	}
	steep := min((percent-easyPercent)/(fullPercent-easyPercent), 1)
	share := float64(max(len(b.own), 1)) / float64(max(b.all, len(b.own), 1))
	return time.Duration(steep * float64(fullSpacing) / share)
}

// pace is about how long each of many requests to an account takes: with the limited
// tier, or where the tier is not known, what that sustains.
func (b *budget) pace(account facebook.AccountID) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	percent := float64(fullPercent)
	if g := b.of(account); g.tier == facebook.TierFull {
		percent = g.percent
	}
	return max(b.spacing(percent), fullRequest)
}

// learn takes what an answer says of the limits, as soon as it is there: an
// answer that waits for its task must not let others run into the limit.
func (b *budget) learn(account facebook.AccountID, u facebook.Usage, err error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.of(account)
	g.tier = cmp.Or(u.Tier(), g.tier)
	b.note(g, u.AccountPercent(), max(u.RegainAccess(), u.AdAccount.Reset), now)
	b.note(&b.app, u.App.Percent(), 0, now)
	e, ok := errors.AsType[*facebook.Error](err)
	if !ok {
		return
	}
	wait := max(e.RetryAfter, decay)
	switch until := now.Add(wait + b.jitter(wait)); e.Class {
	case facebook.Throttle, facebook.Cooldown:
		g.next = later(g.next, until)
	case facebook.ThrottleApp:
		b.app.next = later(b.app.next, until)
	}
}

func (b *budget) note(g *gauge, percent float64, wait time.Duration, now time.Time) {
	g.percent = percent
	if percent < fullPercent {
		return
	}
	if wait == 0 {
		wait = decay
	}
	g.next = later(g.next, now.Add(wait+b.jitter(wait)))
}

// block holds an account, or everything for the empty account, until a person
// has acted.
func (b *budget) block(account facebook.AccountID, block *musterpb.Block, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := &b.app
	if account != "" {
		g = b.of(account)
	}
	if g.block != nil && g.block.Reason == block.Reason {
		block.SinceMs = g.block.SinceMs
	}
	g.block = block
	g.refused = b.credential()
	g.next = later(g.next, now.Add(b.slowBeat))
}

// passed is called when a request was answered with success: nothing blocks.
func (b *budget) passed(account facebook.AccountID, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.openApp(now)
	b.open(b.of(account), now)
}

// read is called when something was read with success: the app and its token are
// fine, but what the account refuses (terms, permissions) is not read for.
func (b *budget) read(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.openApp(now)
}

// rested is called when a request was answered with success that tells nothing of what
// the account's audiences may do: it ends the rest that Facebook wanted of the account.
func (b *budget) rested(account facebook.AccountID, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if g := b.of(account); g.block.GetReason() == facebook.Cooldown.String() {
		b.open(g, now)
	}
}

// openApp ends a block of everything.
func (b *budget) openApp(now time.Time) { b.open(&b.app, now) }

// open ends a block. All who waited for its end, in whatever task, were told to come
// back much later, and those who gave their window up are in no queue.
func (b *budget) open(g *gauge, now time.Time) {
	if g.block == nil {
		return
	}
	g.block, g.next = nil, now
	for _, t := range b.own {
		t.rouse()
	}
}

// blocked returns why the account is blocked, nil if it is not.
func (b *budget) blocked(account facebook.AccountID) *musterpb.Block {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.app.block != nil {
		return b.app.block
	}
	return b.of(account).block
}

// opens returns when a blocked account is tried again; the zero time if it is
// not blocked.
func (b *budget) opens(account facebook.AccountID, now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	var at time.Time
	if b.app.block != nil {
		at = b.opensApp(now)
	}
	if g := b.of(account); g.block != nil {
		at = later(at, g.next)
	}
	return at
}

// easy reports whether there is room for more than what is due: nothing that is due
// waits.
func (b *budget) easy(account facebook.AccountID, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.of(account)
	return g.block == nil && b.app.block == nil && g.percent < easyPercent && b.app.percent < easyPercent &&
		!now.Before(g.next) && !now.Before(b.app.next) &&
		!slices.ContainsFunc(g.queue.claims, func(c *claim) bool { return !c.early })
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sooner returns the earlier of two moments of which the zero one is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
