package uploader

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

// stranger puts somebody into audience x without Muster.
func (w *world) stranger() {
	w.graph.AddRows(w.audienceOf("x").ID, uploaded(parseRow("email:stranger")))
}

// replaceWorld has 7 members in audience x, who take four requests, and a stranger.
func replaceWorld(t *testing.T, o Options, g graphtest.Options) *world {
	o.Commands, o.MaxRows, o.ResendOver, o.Window = commandTopic, 2, -1, 10*time.Minute
	g.ReplaceDelay, g.SessionTTL = 3*time.Minute, 20*time.Minute
	w := newWorld(t, o, g)
	w.crowd(0, 7, true)
	w.run(15 * time.Minute)
	w.converged()
	w.stranger()
	w.journal.take()
	return w
}

// replacementEnds lets time pass until nothing of a replacement is left to do.
func (w *world) replacementEnds() {
	w.t.Helper()
	for range 48 {
		if w.run(15 * time.Minute); w.task.Processor().(*task).audiences["x"].row.Replace == nil {
			w.run(11 * time.Minute) // the next window
			return
		}
	}
	w.t.Fatalf("shown as %v", w.state())
}

// replacedNow is how the audience must be once all is over.
func (w *world) replacedNow() {
	w.t.Helper()
	w.converged()
	if s := w.state(); s.Replace != "" || s.ReplaceFailed != nil || s.OpenBatches != 0 || s.Pending != 0 {
		w.t.Errorf("shown as %v", s)
	}
}

// TestReplaceGoesOnWithTheNextOwner: a session whose batches were all answered is not
// given up with its owner.
func TestReplaceGoesOnWithTheNextOwner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := replaceWorld(t, Options{}, graphtest.Options{Latency: 5 * time.Second})
		w.command(musterpb.Verb_VERB_REPLACE, "x")
		w.run(7 * time.Second) // the second of four is in flight
		w.task.Processor().Stop()
		w.run(20 * time.Second)
		if w.task.Processor().Busy() {
			t.Fatal("still busy")
		}
		w.task.Release()
		w.task.Wipe()
		w.task.Takeover()
		w.enter("x", "u8", "email:u8")
		w.run(10 * time.Minute)
		if n := w.requests("replace 1"); n != 1 {
			t.Errorf("%d sessions begun, want one", n)
		}
		w.run(time.Hour)
		w.replacedNow()
	})
}

// TestReplaceRepeatsBatches: all but the first batch are repeated where nobody knows
// what became of them, the last one included, which Facebook then knows as finished.
func TestReplaceRepeatsBatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind graphtest.Kind
		skip int // batches before
	}{{graphtest.ResetAfter, 1}, {graphtest.ResetBefore, 2}, {graphtest.TimeoutAfter, 3}, {graphtest.ResetBefore, 3}, {graphtest.HTTP503, 3}} {
		t.Run(fmt.Sprint(tt.kind, tt.skip), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := replaceWorld(t, Options{}, graphtest.Options{})
				w.graph.Inject(graphtest.Fault{Kind: tt.kind, Match: graphtest.Match{Op: graphtest.OpReplace}, Skip: tt.skip})
				w.command(musterpb.Verb_VERB_REPLACE, "x")
				w.run(10 * time.Minute)
				if text := w.journal.take(); strings.Count(text, "replace 1 ") != 1 || strings.Count(text, fmt.Sprintf("replace %d ", tt.skip+1)) != 2 {
					t.Errorf("requests:\n%s", text)
				}
				w.replacedNow()
			})
		})
	}
}

// TestReplaceFaults: whatever is answered to a batch, in the end what is desired is all
// there is, by a later session or, where only that helps, in the ordinary way.
func TestReplaceFaults(t *testing.T) {
	t.Parallel()
	plain := map[graphtest.Kind]bool{graphtest.BadData: true, graphtest.TooManyPeople: true}
	for _, kind := range graphtest.Kinds() {
		for _, skip := range []int{0, 1, 3} {
			t.Run(fmt.Sprint(kind, skip), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := replaceWorld(t, Options{Recreate: true}, graphtest.Options{})
					w.graph.Inject(graphtest.Fault{Kind: kind, Match: graphtest.Match{Op: graphtest.OpReplace}, Skip: skip})
					w.command(musterpb.Verb_VERB_REPLACE, "x")
					w.replacementEnds()
					if plain[kind] {
						if s := w.state(); s.ReplaceFailed == nil {
							t.Errorf("shown as %v", s)
						}
						w.command(musterpb.Verb_VERB_REPLACE, "x")
						w.replacementEnds()
					}
					w.replacedNow()
				})
			})
		}
	}
}

// TestReplaceCrashes: the owner dies at every step of every commit.
func TestReplaceCrashes(t *testing.T) {
	t.Parallel()
	for latency, commits := range map[time.Duration]int{0: 6, 5 * time.Second: 10} {
		for commit := range commits {
			for step := range consumer.Step(4) {
				t.Run(fmt.Sprintf("latency=%s/commit=%d/step=%d", latency, commit, step), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						w := replaceWorld(t, Options{TakeoverWait: 25 * time.Second}, graphtest.Options{Latency: latency})
						w.crashes = true
						w.command(musterpb.Verb_VERB_REPLACE, "x")
						for range commit {
							next := w.task.Tick()
							select {
							case <-w.task.Processor().Wake():
							case <-time.After(min(time.Until(next), time.Minute)):
							}
						}
						w.task.FailAt(step)
						err := w.runErr(30 * time.Minute)
						if err != nil && !errors.Is(err, consumertest.ErrCrash) {
							t.Fatal(err)
						}
						if commit%2 == 0 {
							w.task.Wipe()
						}
						w.task.Takeover()
						w.enter("x", "u9", "email:u9")
						w.replacementEnds()
						w.replacedNow()
					})
				})
			}
		}
	}
}

// TestReplaceIsRefused: what cannot come about, or removes where nobody is to be
// removed, changes nothing and says what to do.
func TestReplaceIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, title string
		options     Options
		before      func(*world)
	}{
		{"paused", "paused", Options{}, func(w *world) { w.command(musterpb.Verb_VERB_PAUSE, "x"); w.run(time.Second) }},
		{"add_only", "add_only", Options{Audiences: map[string]AudienceOptions{"x": {AddOnly: true}}}, func(*world) {}},
		{"nobody", "nobody", Options{}, func(w *world) { w.crowd(0, 7, false) }},
		{"long", "to be done within Facebook's 90 minutes", Options{}, func(w *world) { w.crowd(7, 2000, true) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := replaceWorld(t, tt.options, graphtest.Options{})
				tt.before(w)
				w.command(musterpb.Verb_VERB_REPLACE, "x")
				s := w.state()
				if f := s.ReplaceFailed; f == nil || !strings.Contains(f.Title, tt.title) || f.Remedy == "" || s.Block != nil || s.Replace != "" {
					t.Errorf("shown as %v", s)
				}
				w.run(3 * time.Hour)
				if text := w.journal.take(); strings.Contains(text, "replace ") {
					t.Errorf("requests:\n%s", text)
				}
				w.command(musterpb.Verb_VERB_RESYNC, "x")
				if s := w.state(); s.ReplaceFailed != nil {
					t.Errorf("after a resync it is shown as %v", s)
				}
			})
		})
	}
}

// TestReplaceOfNobodyYet: an audience that Facebook does not have is not replaced.
func TestReplaceOfNobodyYet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic}, graphtest.Options{})
		w.enter("x", "u", "email:a")
		w.command(musterpb.Verb_VERB_REPLACE, "x")
		if s := w.state(); s.ReplaceFailed == nil || !strings.Contains(s.ReplaceFailed.Title, "no Facebook audience yet") {
			t.Errorf("shown as %v", s)
		}
		w.run(2 * time.Hour)
		w.converged()
	})
}

// TestReplacePaused: a pause ends the sending; what is not done within the session's
// time is begun anew after it.
func TestReplacePaused(t *testing.T) {
	t.Parallel()
	for _, pause := range []time.Duration{10 * time.Minute, 5 * time.Hour} {
		t.Run(pause.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := replaceWorld(t, Options{}, graphtest.Options{Latency: 5 * time.Second})
				w.command(musterpb.Verb_VERB_REPLACE, "x")
				w.run(7 * time.Second)
				w.command(musterpb.Verb_VERB_PAUSE, "x")
				w.run(time.Minute)
				w.journal.take()
				w.run(pause)
				if text := w.journal.take(); text != "" {
					t.Errorf("paused, and sent:\n%s", text)
				}
				w.command(musterpb.Verb_VERB_RESUME, "x")
				w.run(3 * time.Hour)
				if n := w.requests("replace 1"); (n > 0) != (pause > time.Hour) {
					t.Errorf("%d sessions begun after the pause", n)
				}
				w.replacedNow()
			})
		})
	}
}

// TestReplaceGivenUpAfterADay: an audience that is always busy is sent in the ordinary
// way, and a command that is read again begins nothing.
func TestReplaceGivenUpAfterADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := replaceWorld(t, Options{}, graphtest.Options{})
		w.graph.Inject(graphtest.Fault{Kind: graphtest.ReplaceInProgress, Match: graphtest.Match{Op: graphtest.OpReplace}, Count: -1})
		asked := w.command(musterpb.Verb_VERB_REPLACE, "x")
		w.exit("x", "u1")
		w.run(26 * time.Hour)
		s := w.state()
		if s.ReplaceFailed == nil || s.Replace != "" || w.lines() != 7 { // six and the stranger
			t.Errorf("%d rows, shown as %v", w.lines(), s)
		}
		w.graph.ClearFaults()
		w.journal.take()
		w.task.Process(asked)
		w.run(2 * time.Hour)
		if text := w.journal.take(); text != "" {
			t.Errorf("asked for once:\n%s", text)
		}
	})
}

// TestReplaceDropsWhatWasHeld: who is not in the replacement leaves the counts and in
// time the table, and does not look like many removals.
func TestReplaceDropsWhatWasHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1, KeepEmptied: time.Hour}, graphtest.Options{})
		w.crowd(0, 1000, true)
		w.run(2 * time.Hour)
		w.crowd(0, 950, false)
		w.run(2 * time.Hour)
		if s := w.state(); s.State != "held" {
			t.Fatalf("shown as %v", s)
		}
		w.command(musterpb.Verb_VERB_REPLACE, "x")
		w.run(2 * time.Hour)
		w.replacedNow()
		if s := w.shown; s.Leaving != 0 || s.Synced != 50 || s.Owed != 0 || s.Block != nil {
			t.Errorf("shown as %v", s)
		}
		w.run(2 * time.Hour)
		if n := w.task.Processor().(*task).audiences["x"].counts.stored; n != 50 {
			t.Errorf("%d members are kept, want 50", n)
		}
	})
}

// After a replacement the audience is what is desired, strangers included, whatever
// changes or fails in between (I6).
func TestReplaceGivesDesired(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		before := rapid.SliceOfN(rapid.Custom(drawMove), 1, 6).Draw(r, "before")
		meanwhile := rapid.SliceOfN(rapid.Custom(drawMove), 0, 8).Draw(r, "meanwhile")
		crash := rapid.IntRange(0, 12).Draw(r, "crash") // at that tick
		latency := time.Duration(rapid.IntRange(0, 2).Draw(r, "latency")) * time.Second
		maxRows := rapid.IntRange(2, 5).Draw(r, "rows of a batch")
		fails := rapid.IntRange(0, 2).Draw(r, "failing replacements")
		var wrong string
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, Options{
				Window: time.Minute, Quiet: 10 * time.Second, SlowBeat: time.Minute, MaxRows: maxRows, ResendOver: -1,
				Commands: commandTopic, TakeoverWait: 25 * time.Second,
			}, graphtest.Options{Latency: latency, ApplyDelay: latency, ReplaceDelay: latency, SessionTTL: 10 * time.Minute})
			w.crashes = true
			w.enter("x", "u0", "email:0")
			w.run(time.Minute)
			w.stranger()
			if fails > 0 {
				w.graph.Inject(graphtest.Fault{Kind: graphtest.ReplaceFails, Match: graphtest.Match{Op: graphtest.OpReplace}, Count: fails})
			}
			play := func(moves []move) {
				for _, m := range moves {
					switch {
					case m.fault != "":
						w.graph.Inject(graphtest.Fault{Kind: m.fault, Delay: m.late, Match: graphtest.Match{Path: "/users"}})
					case m.user == "":
						w.run(m.wait)
					case len(m.rows) == 0:
						w.exit("x", m.user)
					default:
						w.enter("x", m.user, m.rows...)
					}
				}
			}
			play(before)
			w.command(musterpb.Verb_VERB_REPLACE, "x")
			for range crash {
				next := w.task.Tick()
				select {
				case <-w.task.Processor().Wake():
				case <-time.After(min(time.Until(next), 10*time.Second)):
				}
			}
			if crash%2 == 1 {
				w.task.Takeover()
			}
			play(meanwhile)
			w.graph.ClearFaults()
			w.run(90 * time.Minute)
			if w.state().ReplaceFailed != nil { // after too many failures
				w.command(musterpb.Verb_VERB_REPLACE, "x")
				w.run(90 * time.Minute)
			}
			wrong = w.wrong()
			if s := w.state(); s.Replace != "" || s.ReplaceFailed != nil || s.Pending != 0 || s.OpenBatches != 0 {
				wrong += fmt.Sprintf("shown as %v", s)
			}
		})
		if wrong != "" {
			r.Fatalf("facebook is not what is desired:\n%s", wrong)
		}
	})
}

// TestPace: the limited tier, and an unknown one, sustain a request in 15 seconds of
// all owners together; the full one has room.
func TestPace(t *testing.T) {
	t.Parallel()
	b := newTestBudget(noCredential)
	b.join(new(task), 4)
	if got := b.pace("1"); got != 4*fullSpacing {
		t.Errorf("unknown tier: %s", got)
	}
	b.learn("1", facebook.Usage{AdAccount: facebook.AdAccountUsage{Tier: facebook.TierFull, Percent: 10}}, nil, time.Now())
	if got := b.pace("1"); got != fullRequest {
		t.Errorf("full tier: %s", got)
	}
	b.learn("1", facebook.Usage{AdAccount: facebook.AdAccountUsage{Percent: 94}}, nil, time.Now())
	if got := b.pace("1"); got < 3*fullSpacing {
		t.Errorf("full tier, nearly used up: %s", got)
	}
	b.learn("1", facebook.Usage{Business: []facebook.BusinessUsage{{Tier: "development_access"}}}, nil, time.Now())
	if got := b.pace("1"); got != 4*fullSpacing {
		t.Errorf("limited tier: %s", got)
	}
}
