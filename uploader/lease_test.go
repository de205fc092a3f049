package uploader

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

// lease is one that a test ends, by time or, as a suspended machine's wall clock
// would, without any time passing on the monotonic clock.
type lease struct {
	until atomic.Pointer[time.Time]
	over  atomic.Bool
}

func (l *lease) Until() time.Time { return *l.until.Load() }

func (l *lease) MayAct() error {
	if l.over.Load() || !time.Now().Before(l.Until()) {
		return consumer.ErrLeaseOver
	}
	return nil
}

func (l *lease) set(t time.Time) { l.until.Store(&t) }

func TestLeased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(lease)
		began := time.Now()
		l.set(began.Add(10 * time.Second))
		ctx, end := leased(t.Context(), l)
		defer end()
		time.Sleep(5 * time.Second)
		const end30 = 30*time.Second + 300*time.Millisecond // not at a look
		l.set(began.Add(end30))
		<-ctx.Done()
		if d := time.Since(began); d != end30 || !errors.Is(context.Cause(ctx), consumer.ErrLeaseOver) {
			t.Errorf("ended after %s: %v", d, context.Cause(ctx))
		}
	})
}

// What the wall clock says is seen within a second, though the timers of the
// monotonic clock have long to go.
func TestLeasedSeesTheWallClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(lease)
		l.set(time.Now().Add(time.Hour))
		ctx, end := leased(t.Context(), l)
		defer end()
		synctest.Wait()
		l.over.Store(true)
		began := time.Now()
		<-ctx.Done()
		if d := time.Since(began); d > leaseCheck {
			t.Errorf("ended %s after the lease", d)
		}
	})
}

// The round tripper refuses while the context is still alive: after a pause of
// the process a request may run before the goroutine that ends the context.
func TestNothingIsSentAfterTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var reached int
		client, err := facebook.New(facebook.Options{
			BaseURL: "http://graph.test", BeforeSend: MaySend,
			TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token-of-a-test"}),
			Transport: tripper(func(r *http.Request) (*http.Response, error) {
				reached++
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"data":[]}`)), Request: r}, nil
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		l := new(lease)
		l.set(time.Now().Add(time.Hour))
		ctx, end := leased(t.Context(), l)
		defer end()
		if _, err := client.AudiencePage(ctx, "1", ""); err != nil || reached != 1 {
			t.Fatalf("under the lease: %v, %d requests", err, reached)
		}
		synctest.Wait() // the goroutine of leased sleeps
		l.over.Store(true)
		if ctx.Err() != nil {
			t.Fatal("the context has ended already")
		}
		_, err = client.AudiencePage(ctx, "1", "")
		if !errors.Is(err, consumer.ErrLeaseOver) || facebook.ClassOf(err) != facebook.Withheld || reached != 1 {
			t.Errorf("after the lease: %v, %d requests", err, reached)
		}
	})
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A request does not outlive its owner's lease: it ends with it, whatever the
// client's own time-out.
func TestRequestEndsWithTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(lease)
		l.set(time.Now().Add(time.Hour))
		w := newWorld(t, Options{}, graphtest.Options{})
		w.task = consumertest.NewTask(t, consumertest.Options{
			Stage: "uploader", Lease: l, New: func(i consumer.TaskInfo) (consumer.Processor, error) { return w.maker(i) },
		})
		w.graph.Inject(graphtest.Fault{Kind: graphtest.TimeoutAfter, Match: graphtest.Match{Op: graphtest.OpAdd}})
		w.enter("x", "u", "email:a")
		w.run(time.Minute + time.Second)
		p := w.task.Processor().(*task)
		if p.inFlight != 1 {
			t.Fatal("no request is in flight")
		}
		began := time.Now()
		l.set(began.Add(3500 * time.Millisecond))
		<-p.Wake()
		if d := time.Since(began); d > 3500*time.Millisecond {
			t.Errorf("the request ended after %s, the lease after 3.5s", d)
		}
	})
}

// A batch that is logged already needs no write before its next attempt: without a
// lease none is begun all the same, nor any of the budget spent.
func TestNoAttemptWithoutALease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(lease)
		l.set(time.Now().Add(time.Hour))
		w := newWorld(t, Options{RetryBase: 2 * time.Second, StatusEvery: time.Hour}, graphtest.Options{})
		w.task = consumertest.NewTask(t, consumertest.Options{
			Stage: "uploader", Lease: l, New: func(i consumer.TaskInfo) (consumer.Processor, error) { return w.maker(i) },
		})
		w.graph.Inject(graphtest.Fault{Kind: graphtest.HTTP500, Match: graphtest.Match{Op: graphtest.OpAdd}, Count: 1})
		w.enter("x", "u", "email:a")
		w.run(time.Minute + time.Second)
		p := w.task.Processor().(*task)
		b := p.audiences["x"].window.batch
		if b == nil || b.tries != 1 || p.inFlight != 0 {
			t.Fatalf("batch %+v, %d requests in flight, want one that waits for its second attempt", b, p.inFlight)
		}
		l.over.Store(true)
		time.Sleep(10 * time.Second)
		if _, err := w.task.TickErr(); err != nil {
			t.Fatal(err)
		}
		if b.tries != 1 || p.inFlight != 0 {
			t.Errorf("%d attempts, %d requests in flight after the lease", b.tries, p.inFlight)
		}
	})
}
