package uploader

import (
	"cmp"
	"slices"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// turnOver is how long the next in an account's queue has to come for its turn.
// Its task may be restoring, or its lease over: then others go first.
const turnOver = time.Second

// claim is the wish of an audience, or of the erasures of a whole account, to make a
// request. Of an account's claims the one
// goes first whose window closed the earliest, or whose last request was the
// longest ago: an audience with many batches does not hold up one with few. What
// is not due yet (early) comes after what is, the fullest batch first.
type claim struct {
	audience *audience // or
	eraser   *eraser
	task     *task
	since    time.Time // its window closed, or its last request was granted
	early    bool      // it uses spare capacity
	rows     int       // of its batch
}

func (c *claim) compare(d *claim) int {
	if c.early != d.early {
		if d.early {
			return -1
		}
		return +1
	}
	if c.early {
		return cmp.Or(cmp.Compare(d.rows, c.rows), c.since.Compare(d.since))
	}
	return c.since.Compare(d.since)
}

// queue has who waits for an account, and who calls it: one request of a replica
// at a time, so that each answer's usage is known before the next goes. Guarded
// by the budget's lock.
type queue struct {
	claims []*claim
	caller *task  // has a request in flight
	next   *claim // is asked to come
	until  time.Time
}

// put has an audience wait, or renews what it says of itself.
func (q *queue) put(c *claim) *claim {
	for _, old := range q.claims {
		if old.audience == c.audience && old.eraser == c.eraser {
			old.task, old.since, old.early, old.rows = c.task, c.since, c.early, c.rows
			return old
		}
	}
	q.claims = append(q.claims, c)
	return c
}

func (q *queue) drop(c *claim) {
	q.claims = slices.DeleteFunc(q.claims, func(x *claim) bool { return x == c })
	if q.next == c {
		q.next = nil
	}
}

// turn reports whether it is the claim's turn, or when to ask again.
func (q *queue) turn(c *claim, now time.Time) (ok bool, at time.Time) {
	for {
		first := slices.MinFunc(q.claims, (*claim).compare)
		if first == c {
			q.drop(c)
			return true, now
		}
		if q.next != first {
			q.next, q.until = first, now.Add(turnOver)
			first.task.rouse()
		}
		if now.Before(q.until) {
			return false, q.until
		}
		q.drop(first)
	}
}

// rouse has everybody who waits ask again.
func (q *queue) rouse() {
	for _, c := range q.claims {
		c.task.rouse()
	}
}

// forgetAudience takes back what an audience waits for, forgetTask what all of a
// task's do.
func (b *budget) forgetAudience(a *audience) {
	b.forget(func(c *claim) bool { return c.audience == a })
}

func (b *budget) forgetTask(t *task) {
	b.forget(func(c *claim) bool { return c.task == t })
}

func (b *budget) forget(which func(*claim) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, g := range b.accounts {
		waited := len(g.queue.claims)
		if g.queue.claims = slices.DeleteFunc(g.queue.claims, which); len(g.queue.claims) < waited {
			g.queue.rouse()
		}
	}
}

// done ends the request that a task has in flight to an account.
func (b *budget) done(account facebook.AccountID, t *task) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if q := &b.of(account).queue; q.caller == t {
		q.caller = nil
		q.rouse()
	}
}

// load is what is known of an account's limits, and who waits for it in this
// process.
func (b *budget) load(account facebook.AccountID, now time.Time) *musterpb.AccountLoad {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.loadOf(b.of(account), now)
}

func (b *budget) loads(now time.Time) map[facebook.AccountID]*musterpb.AccountLoad {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[facebook.AccountID]*musterpb.AccountLoad, len(b.accounts))
	for account, g := range b.accounts {
		if account != "" { // of audiences that have none yet
			all[account] = b.loadOf(g, now)
		}
	}
	return all
}

func (b *budget) loadOf(g *gauge, now time.Time) *musterpb.AccountLoad {
	l := &musterpb.AccountLoad{UsedPercent: max(g.percent, b.app.percent), Tier: g.tier}
	for _, c := range g.queue.claims {
		l.WaitingAudiences += one(c.audience != nil)
		l.WaitingRows += int64(c.rows)
	}
	if at := later(g.next, b.app.next); at.After(now) {
		l.OpensMs = at.UnixMilli()
	}
	return l
}
