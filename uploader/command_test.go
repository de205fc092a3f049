package uploader

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

const commandTopic = "muster.commands"

// command gives one, now.
func (w *world) command(verb musterpb.Verb, audience string) consumer.Record {
	w.t.Helper()
	r := w.given(&musterpb.Command{Verb: verb, AtMs: time.Now().UnixMilli(), Audience: audience})
	w.task.Process(r)
	return r
}

func (w *world) given(c *musterpb.Command) consumer.Record {
	w.t.Helper()
	value, err := c.MarshalVT()
	if err != nil {
		w.t.Fatal(err)
	}
	w.records++
	return consumer.Record{Topic: commandTopic, Offset: w.records, Time: time.Now(), Key: []byte(c.Audience + c.Account), Value: value}
}

// state is the last status shown of audience x.
func (w *world) state() *musterpb.AudienceStatus {
	w.t.Helper()
	w.run(10 * time.Second) // to be shown
	last := &musterpb.AudienceStatus{}
	if all := w.statuses(); len(all) > 0 {
		last = all[len(all)-1]
	}
	w.shown = last
	return last
}

// crowd has n members enter or leave audience x.
func (w *world) crowd(from, to int, in bool) {
	w.t.Helper()
	var records []consumer.Record
	for i := from; i < to; i++ {
		user := fmt.Sprintf("u%d", i)
		records = append(records, w.says("x", user, in, parseRow("email:"+user)))
	}
	w.task.Process(records...)
}

func (w *world) requests(verb string) int {
	w.t.Helper()
	return strings.Count(w.journal.take(), verb+" {")
}

// TestPause: nothing is sent while paused, and all of it afterwards; a command
// that is read again changes nothing.
func TestPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic}, graphtest.Options{})
		w.enter("x", "u1", "email:a")
		w.run(2 * time.Hour)
		w.converged()
		paused := w.command(musterpb.Verb_VERB_PAUSE, "x")
		w.journal.take()
		w.enter("x", "u2", "email:b")
		w.run(5 * time.Hour)
		if got := w.journal.take(); got != "" {
			t.Errorf("paused, and sent:\n%s", got)
		}
		if s := w.state(); s.State != "paused" || s.CommandMs == 0 {
			t.Errorf("shown as %v", s)
		}
		w.task.Takeover()
		w.run(time.Hour)
		if got := w.journal.take(); got != "" {
			t.Errorf("paused, and sent after a takeover:\n%s", got)
		}
		w.command(musterpb.Verb_VERB_RESUME, "x")
		w.task.Process(paused) // a replay
		w.run(2 * time.Hour)
		w.converged()
	})
}

// TestPauseEndsWindow: a window under way ends after the request that is in flight.
func TestPauseEndsWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, MaxRows: 10}, graphtest.Options{Latency: 5 * time.Second})
		w.crowd(0, 100, true)
		w.run(27 * time.Second)
		w.command(musterpb.Verb_VERB_PAUSE, "x")
		w.run(time.Minute)
		if n := w.requests("add"); n == 0 || n > 9 {
			t.Errorf("%d of 10 requests after a pause in their midst", n)
		}
		w.command(musterpb.Verb_VERB_RESUME, "x")
		w.run(2 * time.Hour)
		w.converged()
	})
}

// TestManyRemovalsAreHeld: what makes more than half of an audience leave waits
// for somebody to agree, however small the batches it comes in; the agreement is to
// those and no more.
func TestManyRemovalsAreHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, MaxRows: 100}, graphtest.Options{})
		w.crowd(0, 2000, true)
		w.run(2 * time.Hour)
		w.converged()

		w.crowd(0, 900, false) // less than half
		w.run(2 * time.Hour)
		w.converged()

		for i := 900; i < 1900; i += 100 { // nearly all, batch by batch
			w.crowd(i, i+100, false)
			w.run(90 * time.Second)
		}
		w.run(3 * time.Hour)
		if left := w.lines(); left < 550 || left >= 1100 {
			t.Errorf("%d rows are left of 1,100, want some 600: nearly half has left", left)
		}
		s := w.state()
		if s.State != "held" || s.Block.GetReason() != blockRemovals || !strings.Contains(s.Block.Remedy, "muster audience release x") {
			t.Fatalf("shown as %v", s)
		}
		w.task.Takeover()
		w.run(time.Hour)
		if w.state().State != "held" {
			t.Errorf("after a takeover it is %s", w.shown.State)
		}
		w.command(musterpb.Verb_VERB_RELEASE, "x")
		w.run(2 * time.Hour)
		w.converged()
		if s := w.state(); s.Block != nil {
			t.Errorf("released, and shown as %v", s)
		}
	})
}

// lines is how many rows audience x has at Facebook.
func (w *world) lines() int { return w.audienceOf("x").Lines }

// TestHeldEndsByItself: those who come back end the hold.
func TestHeldEndsByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic}, graphtest.Options{})
		w.crowd(0, 1000, true)
		w.run(2 * time.Hour)
		w.crowd(0, 501, false)
		w.run(2 * time.Hour)
		if s := w.state(); s.State != "held" || w.lines() != 1000 {
			t.Fatalf("%d rows, shown as %v", w.lines(), s)
		}
		w.crowd(0, 1, true)
		w.run(2 * time.Hour)
		w.converged()
		if s := w.state(); s.Block != nil {
			t.Errorf("shown as %v", s)
		}
	})
}

// TestResync: all that is desired is sent again, once.
func TestResync(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, MaxRows: 10, ResendOver: -1}, graphtest.Options{})
		for i := range 35 {
			row := fmt.Sprintf("email:a%d", i)
			if i%2 == 0 {
				row += fmt.Sprintf(" extern_id:e%d", i)
			}
			w.enter("x", fmt.Sprint("u", i), row)
		}
		w.run(2 * time.Hour)
		w.converged()
		w.journal.take()
		w.run(2 * time.Hour)
		if n := w.requests("add"); n > 0 {
			t.Fatalf("%d requests, and nothing changed", n)
		}
		resync := w.command(musterpb.Verb_VERB_RESYNC, "x")
		w.run(2 * time.Hour)
		if rows := strings.Count(w.journal.take(), `["`); rows < 35 {
			t.Errorf("%d rows sent again, want 35", rows)
		}
		w.task.Process(resync)
		w.run(2 * time.Hour)
		if n := w.requests("add"); n > 0 {
			t.Errorf("%d requests after the same command again", n)
		}
		w.converged()
	})
}

// added is how many rows Facebook said that it added.
func (w *world) added() (rows int) {
	for _, e := range w.graph.Journal() {
		if e.Op == graphtest.OpAdd && e.Status == 200 && e.Outcome == graphtest.Answered {
			rows += e.Rows
		}
	}
	return rows
}

// TestResyncInTheMidst: one that is asked for while the audience is being sent again
// is not taken for done with that.
func TestResyncInTheMidst(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		resend time.Duration // of the slow re-send
	}{{"of a slow re-send", 24 * time.Hour}, {"of a resync", -1}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Options{Commands: commandTopic, MaxRows: 10, ResendOver: tt.resend}, graphtest.Options{Latency: 5 * time.Second})
				for i := range 35 {
					w.enter("x", fmt.Sprint("u", i), fmt.Sprintf("email:a%d", i))
				}
				w.run(2 * time.Hour)
				w.converged()
				if tt.resend < 0 {
					w.command(musterpb.Verb_VERB_RESYNC, "x")
				}
				a := w.task.Processor().(*task).audiences["x"]
				for a.window == nil || !a.window.pass.resend || !a.flight {
					w.run(time.Second)
				}
				sent := w.added()
				w.command(musterpb.Verb_VERB_RESYNC, "x")
				w.run(3 * time.Hour)
				if rows := w.added() - sent; rows < 35 {
					t.Errorf("%d rows sent again, want 35", rows)
				}
			})
		})
	}
}

// TestNewAudiencesAreHeld: no audience is made before somebody agrees, nor one
// beyond the account's limit: whoever agrees to that agrees to one.
func TestNewAudiencesAreHeld(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		options Options
		reason  string
	}{
		{"hold", Options{HoldNew: true}, blockNew},
		{"limit", Options{MaxAudiences: 3}, blockAudiences},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tt.options.Commands = commandTopic
				w := newWorld(t, tt.options, graphtest.Options{})
				for range 3 {
					w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "of others"})
				}
				w.enter("x", "u", "email:a")
				w.run(3 * time.Hour)
				if s := w.state(); s.State != "held" || s.Block.GetReason() != tt.reason || w.audienceOf("x").ID != "" {
					t.Fatalf("shown as %v", s)
				}
				if remedy := w.shown.Block.Remedy; !strings.Contains(remedy, "muster audience release x") {
					t.Errorf("the remedy is %q", remedy)
				}
				w.command(musterpb.Verb_VERB_RELEASE, "x")
				w.run(2 * time.Hour)
				w.converged()
				if a := w.audienceKeyed("x"); a.row.BeyondLimit {
					t.Error("it is made, and another one may be made in its place beyond the limit")
				}
			})
		})
	}
}

// TestRetry: what waits for a person is tried at once, of one audience or of an
// account.
func TestRetry(t *testing.T) {
	t.Parallel()
	for _, account := range []string{"", "1"} {
		t.Run("account "+account, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Options{Commands: commandTopic, SlowBeat: 100 * time.Hour}, graphtest.Options{
					Accounts: []graphtest.Account{{ID: "1", TOSNotAccepted: true}},
				})
				w.enter("x", "u", "email:a")
				w.run(2 * time.Hour)
				if s := w.state(); s.State != "blocked" {
					t.Fatalf("shown as %v", s)
				}
				w.graph.SetTOSAccepted("1", true)
				c := &musterpb.Command{Verb: musterpb.Verb_VERB_RETRY, AtMs: time.Now().UnixMilli(), Account: account}
				if account == "" {
					c.Audience = "x"
				}
				w.task.Process(w.given(c))
				w.run(2 * time.Hour)
				w.converged()
			})
		})
	}
}

// TestRetryOfAccountIsLogged: what it changes of audiences outlives its owner.
func TestRetryOfAccountIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{LowSizeGuard: true})
		w.crowd(0, 8, true)
		w.run(2 * time.Minute)
		w.crowd(0, 8, false) // Facebook refuses their removal
		w.run(70 * time.Minute)
		if w.audienceKeyed("x").row.OwedTriedMs == 0 {
			t.Fatal("no removal was refused")
		}
		w.task.Process(w.given(&musterpb.Command{Verb: musterpb.Verb_VERB_RETRY, AtMs: time.Now().UnixMilli(), Account: "1"}))
		w.task.Wipe()
		w.task.Takeover()
		if at := w.audienceKeyed("x").row.OwedTriedMs; at != 0 {
			t.Errorf("the next owner has it that removals were tried at %d", at)
		}
	})
}

// TestCommandsOfNobody: a command for an audience that has no members, one that
// cannot be read and one of a newer Muster do nothing.
func TestCommandsOfNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic}, graphtest.Options{})
		w.command(musterpb.Verb_VERB_PAUSE, "nobody")
		w.task.Process(consumer.Record{Topic: commandTopic, Offset: 100, Value: []byte("nonsense")}, consumer.Record{Topic: commandTopic, Offset: 101})
		w.enter("x", "u", "email:a")
		w.command(99, "x")
		w.run(2 * time.Hour)
		w.converged()
		if n := len(w.task.DeadLetters()); n != 2 {
			t.Errorf("%d dead letters, want 2", n)
		}
	})
}
