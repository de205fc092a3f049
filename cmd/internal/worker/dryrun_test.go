package worker_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"muster/cmd/internal/worker"
)

// TestDryRun: beside a running worker, it writes nothing to Facebook, says what it
// would write, and disturbs neither that worker's offsets nor its audiences.
func TestDryRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic("identify", 2)
		w.topic("audience-membership", 2)
		_, stop := w.run(w.config(), &bytes.Buffer{})
		w.produce("audience-membership", "u1", entered("u1", "vip", "jane@example.com", true))
		w.await("the audience", func() bool { return w.lines()["vip"] == 1 })

		var log strings.Builder
		dry, stopDry := w.run(w.config().ForDryRun(), &log)
		would := func() map[string]worker.DryAudience {
			all := map[string]worker.DryAudience{}
			for _, a := range dry.DryRun() {
				all[a.Name] = a
			}
			return all
		}
		w.await("the dry run", func() bool { return would()["vip"].Added == 1 })
		w.produce("audience-membership", "u1", entered("u1", "new", "jane@example.com", true))
		w.await("both", func() bool { return w.lines()["new"] == 1 && would()["new"].Added == 1 })
		w.produce("audience-membership", "u1", entered("u1", "vip", "jane@example.com", false))
		w.await("the removals", func() bool { return w.lines()["vip"] == 0 && would()["vip"].Removed == 1 })
		for _, stop := range []func() error{stopDry, stop} {
			if err := stop(); err != nil {
				t.Error(err)
			}
		}
		if vip := would()["vip"]; vip.Created || vip.Requests != 2 {
			t.Errorf("the existing audience: %+v", vip)
		}
		for _, want := range []string{"dry run: would add rows", "dry run: would remove rows", "name=vip", "rows=1"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log does not say %q", want)
			}
		}
		if strings.Contains(log.String(), "example.com") {
			t.Error("the log has an email")
		}
		if diff := cmp.Diff(map[string]int{"vip": 0, "new": 1}, w.lines()); diff != "" {
			t.Errorf("audiences -want +got:\n%s", diff)
		}
		if s := w.graph.Stats(); s.RowsAdded != 2 || s.RowsRemoved != 1 || s.Audiences != 2 {
			t.Errorf("facebook took %d rows, removed %d, and has %d audiences: want 2, 1, 2", s.RowsAdded, s.RowsRemoved, s.Audiences)
		}
	})
}
