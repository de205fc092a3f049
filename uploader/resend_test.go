package uploader

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// TestResyncEvery: all of an audience is sent again every so often, once each time,
// whoever owns it meanwhile. An owner that dies in the midst leaves the rest to the
// next one.
func TestResyncEvery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const every = 24 * time.Hour
		w := newWorld(t, Options{
			Commands: commandTopic, MaxRows: 10, ResendOver: -1, TakeoverWait: time.Minute,
			Audiences: map[string]AudienceOptions{"x": {ResyncEvery: every}},
		}, graphtest.Options{Latency: 5 * time.Second})
		for i := range 35 {
			w.enter("x", fmt.Sprint("u", i), fmt.Sprintf("email:a%d", i))
		}
		w.enter("other", "u1", "email:a1")
		w.run(2 * time.Hour)
		w.converged()
		// during passes time and returns how many rows were sent in it.
		during := func(d time.Duration) int {
			before := w.added()
			w.run(d)
			return w.added() - before
		}
		if n := during(every - 4*time.Hour); n != 0 {
			t.Errorf("%d rows before the time, want none", n)
		}
		if n := during(4 * time.Hour); n != 35 {
			t.Errorf("%d rows at the time, want 35", n)
		}
		w.task.Takeover()
		if n := during(every - 6*time.Hour); n != 0 {
			t.Errorf("%d rows after a takeover, want none", n)
		}

		// The next time the owner dies after two of four requests.
		sent := w.added()
		for w.added() < sent+20 {
			w.run(time.Second)
		}
		w.run(time.Second) // the second answer is heard, the third request under way
		w.task.Takeover()
		if n := during(4 * time.Hour); n < 15 || n > 25 {
			t.Errorf("%d rows by the next owner, want the 15 that were left, and no more than one request again", n)
		}
		if n := during(every - 6*time.Hour); n != 0 {
			t.Errorf("%d rows afterwards, want none", n)
		}
		w.converged()

		// One that somebody asks for counts too.
		w.command(musterpb.Verb_VERB_RESYNC, "x")
		if n := during(every - 2*time.Hour); n != 35 {
			t.Errorf("%d rows after a command, want 35", n)
		}
	})
}

// TestResyncGoesOn: rows with and without EXTERN_ID take a pass each, and both are
// gone on with.
func TestResyncGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, MaxRows: 5, ResendOver: -1, TakeoverWait: time.Minute}, graphtest.Options{Latency: 5 * time.Second})
		for i := range 30 {
			row := fmt.Sprintf("email:a%d", i)
			if i%3 == 0 {
				row += fmt.Sprintf(" extern_id:e%d", i)
			}
			w.enter("x", fmt.Sprint("u", i), row)
		}
		w.run(2 * time.Hour)
		sent := w.added()
		w.command(musterpb.Verb_VERB_RESYNC, "x")
		for owners := 0; owners < 4; owners++ {
			before := w.added()
			for w.added() < before+10 && w.task.Processor().(*task).audiences["x"].row.ResyncMs != 0 {
				w.run(time.Second)
			}
			w.task.Takeover()
			w.run(2 * time.Minute)
		}
		w.run(2 * time.Hour)
		if n := w.added() - sent; n < 30 {
			t.Errorf("%d rows were sent again, want all 30", n)
		}
		if ms := w.task.Processor().(*task).audiences["x"].row.ResyncMs; ms != 0 {
			t.Error("it is still under way")
		}
		w.converged()
	})
}

// TestResendOfOne: an audience may have a slow re-send of its own, or none.
func TestResendOfOne(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		general, own time.Duration
		want         bool
	}{{"none", 24 * time.Hour, -1, false}, {"its own", -1, 24 * time.Hour, true}, {"the general", 24 * time.Hour, 0, true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Options{ResendOver: tt.general, Audiences: map[string]AudienceOptions{"x": {ResendOver: tt.own}}}, graphtest.Options{})
				w.enter("x", "u", "email:a")
				w.run(2 * time.Hour)
				sent := w.added()
				w.run(3 * 24 * time.Hour)
				if n := w.added() - sent; n > 0 != tt.want {
					t.Errorf("%d rows were sent again", n)
				}
			})
		})
	}
}
