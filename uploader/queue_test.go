package uploader

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"muster/schema/musterpb"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

// queuers are audiences of one account, a task each, that want to make requests.
type queuers struct {
	*testing.T
	budget *budget
	now    time.Time
	claims map[string]*claim
}

func newQueuers(t *testing.T) *queuers {
	return &queuers{T: t, budget: newTestBudget(noCredential), now: time.Unix(1_000_000, 0), claims: map[string]*claim{}}
}

func (q *queuers) claim(name string, c claim) {
	c.audience, c.task = &audience{key: name}, &task{wake: make(chan struct{}, 1)}
	q.claims[name] = &c
}

func (q *queuers) asks(name string) (ok bool, at time.Time) {
	c := *q.claims[name]
	return q.budget.take("1", &c, q.now)
}

func (q *queuers) roused(name string) bool {
	select {
	case <-q.claims[name].task.wake:
		return true
	default:
		return false
	}
}

// granted runs requests, one after the other, until nobody waits, and returns whose.
// Everybody asks, in the given order, whenever one is over.
func (q *queuers) granted(order ...string) (got string) {
	q.Helper()
	left := map[string]bool{}
	for _, name := range order {
		left[name] = true
		q.asks(name)
	}
	for _, c := range q.claims {
		q.budget.done("1", c.task)
	}
	for range 3 * len(order) {
		for _, name := range order {
			if ok := false; left[name] {
				if ok, _ = q.asks(name); ok {
					got += name
					delete(left, name)
				}
			}
		}
		for _, name := range order {
			q.budget.done("1", q.claims[name].task)
		}
	}
	return got
}

// TestOldestCloseFirst: of those who wait for an account the one goes first whose
// window closed the earliest, whoever asks; what is not due yet comes after, the
// fullest batch first.
func TestOldestCloseFirst(t *testing.T) {
	t.Parallel()
	q := newQueuers(t)
	at := func(minutes int) time.Time { return q.now.Add(time.Duration(minutes) * time.Minute) }
	q.claim("x", claim{since: at(0)})
	q.claim("a", claim{since: at(-1), rows: 1})
	q.claim("b", claim{since: at(-3), rows: 2})
	q.claim("c", claim{since: at(-2), rows: 3})
	q.claim("d", claim{since: at(+2), early: true, rows: 5000})
	q.claim("e", claim{since: at(+1), early: true, rows: 4000})
	if ok, _ := q.asks("x"); !ok {
		t.Fatal("the only one may not call")
	}
	if got := q.granted("e", "d", "a", "c", "b"); got != "bcade" {
		t.Errorf("granted in the order %s, want bcade", got)
	}
}

// TestOneRequestAtATime: a second one waits until the first is over, and is told.
func TestOneRequestAtATime(t *testing.T) {
	t.Parallel()
	q := newQueuers(t)
	q.claim("a", claim{})
	q.claim("b", claim{})
	q.asks("a")
	if ok, at := q.asks("b"); ok || !at.IsZero() {
		t.Fatalf("b while a calls: %t, %s", ok, at)
	}
	if ok, _ := q.budget.take("2", &claim{audience: new(audience), task: q.claims["b"].task}, q.now); !ok {
		t.Error("a calls one account, and b may not call another")
	}
	if q.roused("b") {
		t.Error("b was roused while a calls")
	}
	q.budget.done("1", q.claims["a"].task)
	if !q.roused("b") {
		t.Fatal("b was not roused")
	}
	if ok, _ := q.asks("b"); !ok {
		t.Error("b may not call after a")
	}
}

// TestTurnIsLost: who does not come when it is its turn holds nobody up for long.
func TestTurnIsLost(t *testing.T) {
	t.Parallel()
	q := newQueuers(t)
	q.claim("x", claim{})
	q.claim("old", claim{since: q.now.Add(-2)})
	q.claim("new", claim{since: q.now.Add(-1)})
	q.asks("x")
	q.asks("old")
	q.budget.done("1", q.claims["x"].task)
	q.roused("old")
	ok, at := q.asks("new")
	if ok || at.Sub(q.now) != turnOver {
		t.Fatalf("out of turn: %t, %s", ok, at.Sub(q.now))
	}
	if !q.roused("old") {
		t.Fatal("it is the turn of old, and nobody says so")
	}
	q.now = at
	if ok, _ := q.asks("new"); !ok {
		t.Error("old does not come, and new may not call")
	}
}

// TestQueueOfATaskThatEnds: its places are free, and its request is over.
func TestQueueOfATaskThatEnds(t *testing.T) {
	t.Parallel()
	q := newQueuers(t)
	q.claim("a", claim{since: q.now.Add(-2)})
	q.claim("b", claim{since: q.now.Add(-1)})
	q.asks("a")
	q.asks("b")
	q.budget.join(q.claims["a"].task, 1)
	q.budget.leave(q.claims["a"].task)
	if !q.roused("b") {
		t.Fatal("b was not roused")
	}
	if ok, _ := q.asks("b"); !ok {
		t.Error("b may not call after the task of a ended")
	}
}

// TestOpenedAccountRousesAll: who waits for a blocked account to be opened is told when
// it is, in whatever task, though those who gave their window up are in no queue.
func TestOpenedAccountRousesAll(t *testing.T) {
	t.Parallel()
	for _, account := range []facebook.AccountID{"1", ""} {
		q := newQueuers(t)
		q.claim("caller", claim{})
		q.claim("waits", claim{})
		for _, c := range q.claims {
			q.budget.join(c.task, 2)
		}
		q.budget.block(account, &musterpb.Block{Reason: "terms"}, q.now)
		q.budget.passed("1", q.now)
		if !q.roused("waits") {
			t.Errorf("account %q is open, and nobody says so", account)
		}
		q.budget.passed("1", q.now)
		if q.roused("waits") {
			t.Errorf("account %q was open, and everybody is roused", account)
		}
	}
}

// TestAudiencesTakeTurns: an audience with many batches holds up none with few, and
// an account has one request at a time.
func TestAudiencesTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const latency = 10 * time.Second // so that the others are due when x has some batches left
		w := newWorld(t, Options{MaxRows: 10}, graphtest.Options{Latency: latency})
		w.crowd(0, 200, true)
		for _, key := range []string{"y", "z"} {
			w.enter(key, "u", "email:"+key)
		}
		w.run(10 * time.Minute)
		w.converged()
		var last time.Time
		order := ""
		for _, l := range w.journal.lines {
			if !last.IsZero() && l.at.Sub(last) < latency {
				t.Fatalf("two answers of one account within %s, of requests that take %s each", l.at.Sub(last), latency)
			}
			if last = l.at; strings.HasPrefix(l.text, "add") {
				order += l.audience
			}
		}
		if strings.Count(order, "x") != 20 || !strings.HasSuffix(order, strings.Repeat("x", 10)) {
			t.Errorf("sent in the order %s, want y and z long before the end of x", order)
		}
	})
}

// TestAccountLoad: how busy an account is, is in the metrics and with its audiences.
func TestAccountLoad(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	tel, err := newTelemetry(&Options{MeterProvider: metric.NewMeterProvider(metric.WithReader(reader))})
	if err != nil {
		t.Fatal(err)
	}
	q := newQueuers(t)
	if err := tel.observe(q.budget); err != nil {
		t.Fatal(err)
	}
	q.now = time.Now()
	q.claim("a", claim{rows: 70})
	q.claim("b", claim{rows: 200})
	q.claim("c", claim{rows: 3000})
	for _, name := range []string{"a", "b", "c"} {
		q.asks(name)
	}
	q.budget.learn("1", facebook.Usage{AdAccount: facebook.AdAccountUsage{Percent: 97, Reset: time.Hour, Tier: "standard_access"}}, nil, q.now)

	want := &musterpb.AccountLoad{UsedPercent: 97, Tier: "standard_access", WaitingAudiences: 2, WaitingRows: 3200, OpensMs: q.now.Add(time.Hour).UnixMilli()}
	if got := q.budget.load("1", q.now); !got.EqualVT(want) {
		t.Errorf("load %v, want %v", got, want)
	}
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		if g, ok := m.Data.(metricdata.Gauge[float64]); ok {
			got[m.Name] = g.DataPoints[0].Value
		}
	}
	for name, value := range map[string]float64{metricUsed: 97, metricWaiting: 2, metricWaitRows: 3200} {
		if got[name] != value {
			t.Errorf("%s is %v, want %v", name, got[name], value)
		}
	}
	if wait := got[metricOpens]; wait <= 3500 || wait > 3600 {
		t.Errorf("%s is %v, want up to an hour", metricOpens, wait)
	}
}
