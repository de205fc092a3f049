package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/consumer/kafkatest"
)

// pictureTimeout bounds the whole of a test here. On an idle machine each takes a minute.
const pictureTimeout = 12 * time.Minute

// TestPicture runs what `docker compose up` runs, as processes: the picture moves, the
// traces arrive, every query of the dashboards and rules has an answer, nothing alarms.
// Then a worker is stopped and started again.
func TestPicture(t *testing.T) {
	prometheus := tool(t, "prometheus")
	w, collector := open(t)
	a, _ := w.run()
	w.s.start("prometheus", prometheus, "--web.listen-address="+w.s.at["prometheus:9090"])
	before := w.stats()
	w.await("people come and go", func() (bool, string) {
		st := w.stats()
		return st.Added > before.Added && st.Removed > before.Removed, fmt.Sprint(st)
	})
	w.fail("http503", 5)
	w.await("traces arrive", func() (bool, string) { return collector.requests.Load() > 0, "none" })
	w.queries()
	w.rules()
	w.restart(a, "muster-b")
	if n := w.stats().Violations; len(n) > 0 {
		t.Errorf("the emulator notes %v", n)
	}
}

// TestRestart measures a rolling restart while Facebook answers everything: with the faults
// of the compose file a worker may have to wait for what an unanswered request does.
func TestRestart(t *testing.T) {
	w, _ := open(t)
	a, b := w.run("--fault-rate=0")
	for range 2 {
		a = w.restart(a, "muster-b")
		b = w.restart(b, "muster-a")
	}
}

// open starts the broker and gives everything else its place.
func open(t *testing.T) (watch, *collector) {
	t.Helper()
	broker := kafkatest.Start(t)
	ctx, cancel := context.WithTimeout(t.Context(), pictureTimeout)
	t.Cleanup(cancel)
	collector := newCollector(t)
	s := newStack(t, map[string]string{
		"kafka:9092": broker.Addrs()[0], "otel-collector:4318": collector.address, "prometheus:9090": freeAddress(t),
	})
	return watch{ctx: ctx, t: t, s: s}, collector
}

// run starts what is ours, in the order of the compose file, and waits until Facebook has
// audiences of people. The arguments are the emulator's, beyond those of the compose file.
func (w watch) run(emulator ...string) (a, b *process) {
	w.t.Helper()
	w.s.image("sources").finish(w.t)
	w.s.image("graph-emulator", emulator...)
	w.s.image("sample-producer")
	a, b = w.s.image("muster-a"), w.s.image("muster-b")
	w.await("both workers are ready", func() (bool, string) {
		one, other := w.ready("muster-a"), w.ready("muster-b")
		return one.running() > 0 && other.running() > 0, fmt.Sprint(one, other)
	})
	w.await("Facebook has audiences of people", func() (bool, string) {
		st := w.stats()
		return st.Audiences >= 6 && st.Lines > 200, fmt.Sprint(st)
	})
	return a, b
}

// tool finds a program. Without it the test is skipped, or fails where CI is true.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatalf("%v: install Debian's package prometheus", err)
	default:
		t.Skipf("%v: install Debian's package prometheus", err)
	}
	return ""
}

// collector stands for the OpenTelemetry collector.
type collector struct {
	address  string
	requests atomic.Int64
}

func newCollector(t *testing.T) *collector {
	c := &collector{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil && r.URL.Path == "/v1/traces" {
			c.requests.Add(1)
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(server.Close)
	c.address = strings.TrimPrefix(server.URL, "http://")
	return c
}

// watch looks at the running stack from outside.
type watch struct {
	ctx context.Context
	t   *testing.T
	s   *stack
}

// await polls until done, and tells what it waited for when the time is over.
func (w watch) await(what string, done func() (bool, string)) {
	w.t.Helper()
	start := time.Now()
	for {
		ok, state := done()
		if ok {
			w.t.Logf("%s after %s", what, time.Since(start).Round(100*time.Millisecond))
			return
		}
		select {
		case <-w.ctx.Done():
			w.t.Fatalf("waited for: %s\n%s", what, state)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// get asks service:port and reads JSON, whatever the status. It reports whether it could.
func (w watch) get(at, path string, into any) bool {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.ctx, http.MethodGet, "http://"+w.s.at[at]+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false // not there yet
	}
	defer res.Body.Close()
	return json.NewDecoder(res.Body).Decode(into) == nil
}

// stats are what the emulator counts.
type stats struct {
	Audiences  int            `json:"audiences"`
	Lines      int            `json:"lines"`
	Added      int            `json:"rows_added"`
	Removed    int            `json:"rows_removed"`
	Violations map[string]int `json:"violations"`
}

func (w watch) stats() (st stats) {
	w.get("graph-emulator:8091", "/stats", &st)
	return st
}

// fail has the next requests to Facebook fail, beside those that fail by chance.
func (w watch) fail(kind string, times int) {
	w.t.Helper()
	body := fmt.Sprintf(`{"kind":%q,"count":%d}`, kind, times)
	req, err := http.NewRequestWithContext(w.ctx, http.MethodPost, "http://"+w.s.at["graph-emulator:8091"]+"/faults", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		w.t.Fatalf("fault %s: %s", kind, res.Status)
	}
}

// readiness is what a worker answers on /readyz.
type readiness struct {
	State  string `json:"state"`
	Stages []struct {
		Name  string `json:"name"`
		Tasks []struct {
			State string           `json:"state"`
			Lag   map[string]int64 `json:"lag"`
		} `json:"tasks"`
	} `json:"stages"`
}

func (w watch) ready(service string) (r readiness) {
	if !w.get(service+":8080", "/readyz", &r) {
		return readiness{State: "no answer"}
	}
	return r
}

// running counts the tasks that run.
func (r readiness) running() (n int) {
	for _, stage := range r.Stages {
		for _, task := range stage.Tasks {
			if task.State == "running" {
				n++
			}
		}
	}
	return n
}

// lag counts the records that wait.
func (r readiness) lag() (n int64) {
	for _, stage := range r.Stages {
		for _, task := range stage.Tasks {
			for _, records := range task.Lag {
				n += records
			}
		}
	}
	return n
}

// restart stops a worker and starts it again, as a rolling restart does to each, and
// measures how long nobody works on some partitions. It returns the new process.
func (w watch) restart(p *process, other string) *process {
	w.t.Helper()
	all := w.ready(p.name).running() + w.ready(other).running()
	asked := time.Now()
	gone := make(chan time.Duration, 1)
	go func() {
		<-p.exited
		gone <- time.Since(asked)
	}()
	p.stop(w.t)
	w.await(other+" does all of the work", func() (bool, string) {
		r := w.ready(other)
		return r.running() >= all, fmt.Sprintf("%d tasks: %+v", all, r)
	})
	taken := time.Since(asked)
	w.await(other+" has caught up", func() (bool, string) {
		r := w.ready(other)
		return r.running() >= all && r.lag() < 50, fmt.Sprintf("%+v", r)
	})
	caught := time.Since(asked)

	began := time.Now()
	again := w.s.image(p.name)
	w.await(p.name+" has its share again", func() (bool, string) {
		one, two := w.ready(p.name), w.ready(other)
		return one.running() > 0 && one.running()+two.running() >= all, fmt.Sprintf("%+v %+v", one, two)
	})
	round := func(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
	w.t.Logf("rolling restart: %s ended after %s, %s ran all %d tasks after %s and had caught up after %s; %s was back and all tasks ran after %s",
		p.name, round(<-gone), other, all, round(taken), round(caught), p.name, round(time.Since(began)))
	return again
}
