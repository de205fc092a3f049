package uploader

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// from is an entry said by an audience of a space.
func (w *world) from(space, computation, audience, user string, rows ...string) {
	w.t.Helper()
	w.records++
	w.task.Process(w.record(audience, user, &musterpb.MemberRows{
		Incarnation: 1, Position: w.records, In: true, Rows: parseRows(rows...), Space: space, Computation: computation,
	}))
}

// TestTwoSpaces: a second space on a key blocks that audience and no other.
// Neither time, nor orders, nor another owner end it: only the configuration.
func TestTwoSpaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1, Logger: slog.New(slog.NewTextHandler(&log, nil))}, graphtest.Options{})
		w.from("spa_1", "", "x", "u1", "email:a")
		w.run(2 * time.Minute)
		w.converged()

		w.from("spa_2", "", "x", "u2", "email:b")
		w.from("spa_2", "", "x", "u3", "email:c")
		w.from("spa_2", "", "y", "u2", "email:b")
		w.run(3 * time.Hour)
		blocked := func(when string) {
			t.Helper()
			if a := w.audienceOf("x"); a.Lines != 1 {
				t.Errorf("%s: facebook holds %d rows, want that of the first space", when, a.Lines)
			}
			s := w.state()
			if s.State != "blocked" || s.Block.GetReason() != "two_spaces" || !strings.Contains(s.Block.GetRemedy(), "spaces: [spa_1, spa_2]") {
				t.Errorf("%s: shown as %v", when, s)
			}
		}
		blocked("at first")
		if a := w.audienceOf("y"); a.Lines != 1 {
			t.Errorf("another audience holds %d rows, want 1", a.Lines)
		}
		if n := strings.Count(log.String(), "two_spaces"); n != 1 {
			t.Errorf("told %d times:\n%s", n, log.String())
		}
		w.command(musterpb.Verb_VERB_RETRY, "x")
		w.command(musterpb.Verb_VERB_RELEASE, "x")
		w.command(musterpb.Verb_VERB_RESUME, "x")
		w.run(3 * time.Hour)
		blocked("after orders")

		w.options.Spaces = []string{"spa_2"} // one is not both
		w.restart()
		w.task.Takeover()
		w.run(3 * time.Hour)
		blocked("with one space listed")

		w.options.Spaces = []string{"spa_1", "spa_2"}
		w.restart()
		w.task.Wipe()
		w.task.Takeover()
		w.run(3 * time.Hour)
		w.converged()
		if s := w.state(); s.Block != nil {
			t.Errorf("still blocked: %v", s.Block)
		}
	})
}

// TestSecondSpaceInAWindow: what is in flight is finished, and nothing after it.
func TestSecondSpaceInAWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, MaxRows: 2}, graphtest.Options{})
		for _, u := range []string{"1", "2", "3", "4", "5"} {
			w.from("spa_1", "", "x", u, "email:"+u)
		}
		w.graph.Inject(graphtest.Fault{Kind: graphtest.Slow, Delay: 10 * time.Second, Match: graphtest.Match{Op: graphtest.OpAdd}, Count: 1})
		for a, n := w.task.Processor().(*task).audiences["x"], 0; !a.flight || a.row.FacebookId == ""; n++ {
			if w.run(time.Second); n > 3600 {
				t.Fatal("no add in an hour")
			}
		}
		w.from("spa_2", "", "x", "6", "email:6")
		w.run(3 * time.Hour)
		if n := w.audienceOf("x").Lines; n != 2 {
			t.Errorf("facebook holds %d rows, want those of the request in flight", n)
		}
	})
}

// TestNewComputation: a new computation id is told once and kept; the former
// one, which other members go on naming, is no news.
func TestNewComputation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		w := newWorld(t, Options{ResendOver: -1, Logger: slog.New(slog.NewTextHandler(&log, nil))}, graphtest.Options{})
		w.from("spa_1", "aud_1", "x", "u1", "email:a")
		for _, id := range []string{"aud_2", "aud_1", "aud_2", ""} {
			w.from("spa_1", id, "x", "u2", "email:b")
		}
		w.task.Wipe()
		w.task.Takeover()
		w.from("spa_1", "aud_2", "x", "u2", "email:c")
		w.run(2 * time.Hour)
		w.converged()
		if n := strings.Count(log.String(), "new computation id"); n != 1 {
			t.Errorf("told %d times:\n%s", n, log.String())
		}
		if id := w.task.Processor().(*task).audiences["x"].row.Computation; id != "aud_2" {
			t.Errorf("kept %q", id)
		}
	})
}
