package uploader

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// TestAddOnly: nobody is removed but who was erased; mirrored again, all who have
// left are.
func TestAddOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mirror := Options{ResendOver: -1, TakeoverWait: time.Second}
		addOnly := mirror
		addOnly.Audiences = map[string]AudienceOptions{"x": {AddOnly: true}}
		w := newWorld(t, addOnly, graphtest.Options{})
		w.enter("x", "u1", "email:a")
		w.enter("x", "u2", "email:b")
		w.enter("x", "u3", "email:c")
		w.run(2 * time.Hour)
		w.exit("x", "u1")
		w.enter("x", "u2", "email:b2")
		w.run(3 * time.Hour)
		if n := w.lines(); n != 4 {
			t.Errorf("%d rows, want the three first and the new one", n)
		}
		w.journal.take()
		w.run(3 * time.Hour)
		if got := w.journal.take(); got != "" {
			t.Errorf("nothing changed, and sent\n%s", got)
		}
		w.records++
		w.task.Process(w.record("x", "u3", &musterpb.MemberRows{Incarnation: 1, Position: w.records, Erased: true}))
		w.run(2 * time.Hour)
		if n := w.lines(); n != 3 {
			t.Errorf("%d rows after an erasure, want 3", n)
		}

		w.options.Audiences = nil
		w.restart()
		w.task.Takeover()
		w.run(3 * time.Hour)
		w.converged()

		w.options.Audiences = addOnly.Audiences
		w.restart()
		w.task.Takeover()
		w.exit("x", "u2")
		w.run(3 * time.Hour)
		if n := w.lines(); n != 1 {
			t.Errorf("%d rows, want 1: added only again", n)
		}
	})
}

func TestChosen(t *testing.T) {
	t.Parallel()
	o := Options{Include: []string{"vip_*", "lapsed"}, Exclude: []string{"*_test"}}
	for key, want := range map[string]bool{"vip_de": true, "lapsed": true, "vip_test": false, "other": false} {
		if got := !o.of(key).LeaveOut; got != want {
			t.Errorf("%s: chosen %t, want %t", key, got, want)
		}
	}
	if none := new(Options); none.of("any").LeaveOut {
		t.Error("without patterns an audience is left out")
	}
}

// TestPausedBy: an audience that is paused says who wants it so; one that is not
// chosen is left out.
func TestPausedBy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic}, graphtest.Options{})
		w.enter("x", "u1", "email:a")
		w.run(2 * time.Hour)
		is := func(state, by string) {
			t.Helper()
			if s := w.state(); s.State != state || strings.Join(s.PausedBy, " ") != by {
				t.Errorf("shown as %s, by %q, want %s by %s", s.State, s.PausedBy, state, by)
			}
		}
		configure := func(change func(*Options)) {
			w.options.Audiences, w.options.Exclude = nil, nil
			change(&w.options)
			w.restart()
			w.task.Takeover()
		}
		is("waiting", "")
		configure(func(o *Options) { o.Audiences = map[string]AudienceOptions{"x": {LeaveOut: true}} })
		is("paused", "configuration")
		w.command(musterpb.Verb_VERB_PAUSE, "x")
		is("paused", "configuration command")
		configure(func(*Options) {})
		is("paused", "command")
		configure(func(o *Options) { o.Exclude = []string{"x"} })
		is("left_out", "")
	})
}
