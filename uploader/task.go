package uploader

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"muster/consumer"
	"muster/uploader/facebook"
)

// stage is what the tasks of one process share.
type stage struct {
	options   Options
	budget    *budget
	directory *directory
	telemetry *telemetry
	troubles  troubles
}

// New returns the maker of this stage's tasks, all of which share one budget per
// ad account and one listing. It does no I/O and returns every mistake in the
// options.
func New(o Options) (func(consumer.TaskInfo) (consumer.Processor, error), error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	tel, err := newTelemetry(&o)
	if err != nil {
		return nil, fmt.Errorf("make instruments: %w", err)
	}
	s := &stage{options: o, budget: newBudget(&o), telemetry: tel}
	if err := tel.observe(s.budget); err != nil {
		return nil, fmt.Errorf("make instruments: %w", err)
	}
	s.directory = newDirectory(o.Facebook, s.budget)
	return s.task, nil
}

// task is the work on one partition: the only writer of its table. What takes
// time, a request, runs in a goroutine that gets bytes and hands back an answer.
type task struct {
	*stage
	info consumer.TaskInfo

	audiences map[string]*audience
	order     []*audience // by first sight
	turn      int         // whose turn it is in order
	touched   []*audience // changed in this call
	erasers   []*eraser   // by first sight

	openAt   time.Time // no request before
	stopped  bool
	inFlight int
	slice    int // members this Tick may still look at
	counted  counted

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	wake   chan struct{}

	mu      sync.Mutex
	answers []answer
}

// answer is what a request's goroutine hands back: it is applied by the task's
// goroutine, in its next Tick.
type answer func(*consumer.Tx) error

var _ consumer.Restorer = (*task)(nil)

func (s *stage) task(info consumer.TaskInfo) (consumer.Processor, error) {
	t := &task{stage: s, info: info, audiences: make(map[string]*audience), wake: make(chan struct{}, 1)}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	s.budget.join(t, info.Partitions)
	return t, nil
}

func (t *task) now() time.Time { return time.Now() }

// Start reads the audiences. Without a clean release a request of the former
// owner may still arrive at Facebook: nothing is sent for TakeoverWait.
func (t *task) Start(ctx context.Context, tx *consumer.Tx, s consumer.Start) error {
	t.openAt = t.now()
	if !s.CleanRelease && !s.Fresh {
		t.openAt = t.openAt.Add(t.options.TakeoverWait)
	}
	if err := t.readAudiences(ctx, tx); err != nil {
		return fmt.Errorf("read audiences of partition %d: %w", t.info.Partition, err)
	}
	if err := t.readErasers(tx); err != nil {
		return fmt.Errorf("read erasures of partition %d: %w", t.info.Partition, err)
	}
	for _, a := range slices.Clone(t.order) {
		if !a.logged && a.counts.stored == 0 {
			t.gone(tx, a) // forgotten, as the changelog has it; whether that was told is not known
			continue
		}
		t.touch(a)
		if err := t.relink(tx, a); err != nil {
			return err
		}
		if a.row.AddOnly != a.options.AddOnly {
			a.row.AddOnly, a.changed = a.options.AddOnly, true
			t.lookAtAll(tx, a)
		}
		a.forgetKindBlock()
		if a.twoKeyed() {
			a.blockedUntil = time.Time{} // the other may have let go of it since
		}
		a.unsentSince = time.Time{}
		if a.counts.pending > 0 {
			a.unsentSince = time.UnixMilli(max(a.row.WindowStartedMs, a.row.FirstSeenMs))
		}
	}
	return t.flush(tx)
}

// readAudiences finds the audiences among their members: an audience's row is
// followed by its members, and what follows those is the next audience.
func (t *task) readAudiences(ctx context.Context, tx *consumer.Tx) error {
	for from, more := []byte{1}, true; more; { // behind keys that are of no audience
		if ctx.Err() != nil {
			return context.Cause(ctx) // revoked meanwhile
		}
		more = false
		for e, err := range tx.Scan(nil, from) {
			if err != nil {
				return err
			}
			key, _, _ := strings.Cut(string(e.Key), "\x00")
			if _, err := t.audience(tx, key); err != nil {
				return err
			}
			from, more = []byte(key+"\x01"), true
			break
		}
	}
	return nil
}

// Wake delivers when an answer waits, or the turn of an audience has come.
func (t *task) Wake() <-chan struct{} { return t.wake }

// Busy reports whether a request is in flight or may still take effect.
func (t *task) Busy() bool {
	now := t.now()
	if t.inFlight > 0 || now.Before(t.openAt) {
		return true
	}
	for _, a := range t.order {
		if now.Before(a.unknown.over(t.options.RequestTimeout)) {
			return true
		}
	}
	return slices.ContainsFunc(t.erasers, func(e *eraser) bool { return now.Before(e.unknown) })
}

// Stop has nothing new sent.
func (t *task) Stop() {
	t.stopped = true
	t.budget.forgetTask(t)
}

// Close ends the requests in flight and waits for them.
func (t *task) Close() {
	t.cancel()
	t.wg.Wait()
	t.budget.forgetTask(t)
	t.budget.leave(t)
	for _, e := range t.erasers {
		t.options.Health.setAccount(e.account, t.info.Partition, Overdue{})
		t.telemetry.accountErasures(context.Background(), e.account, t.info.Partition, 0, 0)
	}
	for _, a := range t.order {
		t.options.Health.set(a.key, nil) // the next owner's to tell
		t.telemetry.figures.remove(a.key)
		if a.window != nil {
			a.window.batch.end("the task ended")
			a.window.span.End()
		}
		if a.replacing != nil {
			a.replacing.batch.end("the task ended")
			a.replacing.span.End()
		}
	}
}

// touch notes that a call has changed an audience.
func (t *task) touch(a *audience) {
	if !a.touched {
		a.touched = true
		t.touched = append(t.touched, a)
	}
}

// launch has f, which makes the request that mayCall granted the audience, run in
// a goroutine once the Tx is committed (I4), under the lease and the span of what
// it is for.
func (t *task) launch(tx *consumer.Tx, a *audience, f func(context.Context) answer) {
	t.launchOn(tx, a.account(), a.span(), f)
}

// launchOn is launch for a request that mayClaim granted.
func (t *task) launchOn(tx *consumer.Tx, account facebook.AccountID, span trace.Span, f func(context.Context) answer) {
	t.inFlight++
	tx.AfterCommit(func() {
		t.wg.Go(func() {
			ctx, end := leased(trace.ContextWithSpan(t.ctx, span), t.info.Lease)
			answer := f(ctx)
			end()
			t.mu.Lock()
			t.answers = append(t.answers, answer)
			t.mu.Unlock()
			t.budget.done(account, t)
			t.rouse()
		})
	})
}

// rouse has the task look again soon.
func (t *task) rouse() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// takeAnswers applies what the requests have handed back.
func (t *task) takeAnswers(tx *consumer.Tx) error {
	t.mu.Lock()
	answers := t.answers
	t.answers = nil
	t.mu.Unlock()
	for _, apply := range answers {
		t.inFlight--
		if err := apply(tx); err != nil {
			return err
		}
	}
	return nil
}

// mayCall reports whether the audience may make a request now, or when to ask again;
// the zero time means at the next Tick. What it grants, launch makes.
func (t *task) mayCall(a *audience, now time.Time) (ok bool, at time.Time) {
	c := &claim{audience: a, task: t, since: a.lastCall, early: true}
	if a.replacing != nil || a.row.Deleting {
		c.early = false // a session ends after 90 minutes; a person waits for a deletion
	}
	if w := a.window; w != nil {
		c.since = later(c.since, w.closes)
		c.early = now.Before(w.closes) || w.pass.resend && a.row.ResyncMs == 0
		if w.batch != nil {
			c.rows = w.batch.rows
		}
	}
	if ok, at = t.mayClaim(a.account(), c, now); ok {
		a.lastCall = now
	}
	return ok, at
}

// mayClaim is mayCall for whoever claims a request.
func (t *task) mayClaim(account facebook.AccountID, c *claim, now time.Time) (ok bool, at time.Time) {
	switch {
	case t.stopped, t.inFlight >= t.options.MaxInFlight:
		return false, time.Time{}
	case now.Before(t.openAt):
		return false, t.openAt
	case t.info.Lease.MayAct() != nil:
		return false, now.Add(leaseCheck)
	}
	return t.budget.take(account, c, now)
}
