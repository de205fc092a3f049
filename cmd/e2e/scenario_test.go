package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"muster/uploader/facebook/graphtest"
)

// scenarioTimeout bounds a whole scenario.
const scenarioTimeout = 8 * time.Minute

// timesEach is how often every kind of fault happens at least.
const timesEach = 3

// pausing are the faults after which a replica leaves Facebook alone for a
// minute, or for hours. An operator restarts it.
var pausing = []graphtest.Kind{graphtest.Code4, graphtest.Code368}

// scenario lets replicas process the world's events: two start, one joins in
// the middle, one is killed during a request, one is restarted because of what
// Facebook told it; all the while requests fail in every everyday way.
func scenario(t *testing.T, w *world, start starter, s size) {
	ctx, cancel := context.WithTimeout(t.Context(), scenarioTimeout)
	defer cancel()
	dir := t.TempDir()
	state := func(name string) string { return filepath.Join(dir, name) }

	for _, kind := range graphtest.EverydayKinds() {
		if !slices.Contains(pausing, kind) {
			w.graph.Inject(graphtest.Fault{Kind: kind, Skip: 2, Count: timesEach})
		}
	}
	a := start(w, "a", state("a"))
	b := start(w, "b", state("b"))
	w.publish(s.steps / 3)
	w.awaitRequest(ctx, "a", nil)

	c := start(w, "c", state("c"))
	w.publish(s.steps / 3)
	w.awaitRequest(ctx, "c", nil)

	await(ctx, t, "a is killed with a request in flight", func() (bool, string) {
		if !w.writing("a") {
			w.publish(200) // else all may be sent already
			return false, fmt.Sprintf("%+v", w.graph.Stats())
		}
		a.kill()
		return true, ""
	})
	b = w.silence(ctx, b, start, state("b"))
	for w.publish(10_000) {
	}
	w.converge(ctx)

	b.stop()
	c.stop()
	w.check()
	fired := w.graph.FaultsFired()
	t.Logf("%d records, %+v", w.events.Count(), w.graph.Stats())
	for _, kind := range graphtest.EverydayKinds() {
		if fired[kind] < timesEach {
			t.Errorf("fault %s happened %d times, want at least %d", kind, fired[kind], timesEach)
		}
	}
}

// awaitRequest waits until a replica has made a request.
func (w *world) awaitRequest(ctx context.Context, replica string, match func(graphtest.Entry) bool) {
	w.t.Helper()
	await(ctx, w.t, "a request of "+replica, func() (bool, string) {
		journal := w.graph.Journal()
		return slices.ContainsFunc(journal, func(e graphtest.Entry) bool {
			return e.Client == replica && (match == nil || match(e))
		}), fmt.Sprintf("%d requests", len(journal))
	})
}

// writing reports whether a change of members by the replica is in flight.
func (w *world) writing(replica string) bool {
	return slices.ContainsFunc(w.graph.InFlight(), func(e graphtest.Entry) bool {
		return e.Client == replica && (e.Op == graphtest.OpAdd || e.Op == graphtest.OpRemove)
	})
}

// silence has Facebook tell b to be silent, until it did so often enough;
// whenever b has heard it, b is restarted under another name.
func (w *world) silence(ctx context.Context, b replica, start starter, stateDir string) replica {
	w.t.Helper()
	name := "b"
	for n := 1; ; n++ {
		var missing []graphtest.Kind
		fired := w.graph.FaultsFired()
		for _, kind := range pausing {
			for i := fired[kind]; i < timesEach; i++ {
				missing = append(missing, kind)
			}
		}
		if len(missing) == 0 {
			return b
		}
		want := 0
		for _, kind := range pausing {
			want += fired[kind]
		}
		for _, kind := range missing {
			w.graph.Inject(graphtest.Fault{Kind: kind, Match: graphtest.Match{Client: name}, Delay: -1})
		}
		await(ctx, w.t, name+" is told to be silent", func() (bool, string) {
			now := 0
			for _, kind := range pausing {
				now += w.graph.FaultsFired()[kind]
			}
			if now == want && w.publish(500) { // something to do
				return false, ""
			}
			return now > want && !w.inFlight(name), fmt.Sprintf("%+v", w.graph.Stats())
		})
		b.stop()
		name = fmt.Sprintf("b%d", n+1)
		b = start(w, name, stateDir)
	}
}

func (w *world) inFlight(replica string) bool {
	return slices.ContainsFunc(w.graph.InFlight(), func(e graphtest.Entry) bool { return e.Client == replica })
}
