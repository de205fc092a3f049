package uploader

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// adopt has somebody map audience x to a Facebook audience.
func (w *world) adopt(id string, replace bool) {
	w.t.Helper()
	w.task.Process(w.given(&musterpb.Command{Verb: musterpb.Verb_VERB_ADOPT, AtMs: time.Now().UnixMilli(), Audience: "x", FacebookId: id, Replace: replace}))
}

// byHand makes an audience with one member without Muster.
func (w *world) byHand(email string) (id string) {
	id = w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "by hand", "subtype": "CUSTOM"})
	w.graph.AddRows(id, uploaded(parseRow("email:"+email)))
	return id
}

// TestAdopt: the key goes over to an existing audience, is sent whole to it and stays
// there; who leaves is removed from it; what it held before goes when it is replaced.
func TestAdopt(t *testing.T) {
	t.Parallel()
	for _, replace := range []bool{false, true} {
		t.Run(fmt.Sprint("replace=", replace), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1, MaxRows: 2}, graphtest.Options{Latency: 5 * time.Second})
				w.crowd(0, 9, true)
				w.run(22 * time.Second) // in the midst of the first window
				id := w.byHand("stranger")
				w.adopt(id, replace)
				w.run(2 * time.Hour)
				s := w.state()
				want := 10
				if replace {
					want = 9
				}
				if got := w.graph.Audience(id).Lines; got != want || s.FacebookId != id || s.Origin != musterpb.Origin_ORIGIN_ADOPTED || s.ContentUnknown == replace || s.Pending != 0 {
					t.Fatalf("%d rows, shown as %v\n%s", got, s, w.journal.take())
				}
				w.task.Wipe()
				w.restart()
				w.task.Takeover()
				w.exit("x", "u1")
				w.run(2 * time.Hour)
				if got := w.graph.Audience(id).Lines; got != want-1 {
					t.Errorf("%d rows after an exit, want %d", got, want-1)
				}
			})
		})
	}
}

// TestAdoptIsRefused where the configuration says otherwise or another key has it.
func TestAdoptIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, id, title string
		audiences       map[string]AudienceOptions
	}{
		{"no id", "vip", "digits", nil},
		{"configured id", "7", "the configuration maps the audience to 8", map[string]AudienceOptions{"x": {FacebookID: "8"}}},
		{"configured name", "7", "by its facebook_name", map[string]AudienceOptions{"x": {FacebookName: "n"}}},
		{"left out", "7", "left out", map[string]AudienceOptions{"x": {LeaveOut: true}}},
		{"of another key", "7", `audience "y" has Facebook audience 7`, map[string]AudienceOptions{"y": {FacebookID: "7"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Options{Commands: commandTopic, Audiences: tt.audiences}, graphtest.Options{})
				w.enter("x", "u", "email:a")
				w.adopt(tt.id, false)
				s := w.state()
				if s.OrderRefused == nil || !strings.Contains(s.OrderRefused.Title, tt.title) || s.OrderRefused.Remedy == "" || s.FacebookId == tt.id {
					t.Errorf("shown as %v", s)
				}
				w.command(musterpb.Verb_VERB_RETRY, "x")
				if s := w.state(); s.OrderRefused != nil {
					t.Errorf("after another command shown as %v", s)
				}
			})
		})
	}
}

// TestForget: an audience that nobody is in leaves table and status without a trace, and
// Facebook alone; crashes at every step of it change nothing.
func TestForget(t *testing.T) {
	t.Parallel()
	for step := range consumer.Step(4) {
		for commit := range 4 {
			t.Run(fmt.Sprintf("commit=%d/step=%d", commit, step), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1, MaxSlice: 3, TakeoverWait: time.Minute}, graphtest.Options{LowSizeGuard: true})
					w.crowd(0, 8, true)
					w.run(2 * time.Minute)
					w.crowd(0, 8, false) // Facebook refuses their removal
					w.run(70 * time.Minute)
					w.command(musterpb.Verb_VERB_FORGET, "x")
					for range commit {
						w.task.Tick()
					}
					w.task.FailAt(step)
					if err := w.runErr(10 * time.Minute); err != nil && !errors.Is(err, consumertest.ErrCrash) {
						t.Fatal(err)
					}
					if commit%2 == 0 {
						w.task.Wipe()
					}
					w.restart()
					w.task.Takeover()
					w.run(10 * time.Minute)
					last := make(map[string][]byte)
					for _, l := range w.task.Changelog() {
						last[string(l.Key)] = l.Value
					}
					for key, value := range last {
						if value != nil && strings.HasPrefix(key, "x") {
							t.Errorf("the changelog keeps %q", key)
						}
					}
					if e := w.task.Emissions(); len(e) == 0 || e[len(e)-1].Value != nil {
						t.Errorf("the last status is no tombstone: %v", e)
					}
					if k := w.task.Processor().(*task); len(k.order) != 0 || len(k.audiences) != 0 {
						t.Errorf("the task keeps %v", k.audiences)
					}
					if n := w.lines(); n != 8 {
						t.Errorf("%d rows at Facebook, want the 8 from before", n)
					}
					w.enter("x", "u9", "email:u9") // it begins anew
					w.run(70 * time.Minute)
					if s := w.state(); s.Members != 1 || s.Synced != 1 || !s.ContentUnknown || w.lines() != 9 {
						t.Errorf("%d rows, shown as %v", w.lines(), s)
					}
				})
			})
		}
	}
}

// TestForgetIsRefused while somebody is in the audience, and who comes in while it is
// forgotten is not missed.
func TestForgetIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1, MaxSlice: 2}, graphtest.Options{})
		w.crowd(0, 8, true)
		w.run(2 * time.Minute)
		w.command(musterpb.Verb_VERB_FORGET, "x")
		if s := w.state(); s.OrderRefused == nil || !strings.Contains(s.OrderRefused.Title, "8 members are in the audience") || s.State != "waiting" {
			t.Fatalf("shown as %v", s)
		}
		w.crowd(0, 8, false)
		w.run(2 * time.Hour)
		w.command(musterpb.Verb_VERB_FORGET, "x")
		w.task.Tick()
		w.crowd(2, 5, true)
		w.run(2 * time.Hour)
		w.converged()
		if s := w.state(); s.Members != 3 || s.State != "waiting" || w.lines() != 3 {
			t.Errorf("%d rows, shown as %v", w.lines(), s)
		}
	})
}

// TestForgetDuringReplace: an audience whose content is being replaced is not
// forgotten while Facebook may still be at it: the session would go on, and whoever
// is sent by the key's next life would be overtaken by it.
func TestForgetDuringReplace(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"everybody leaves", "left out"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1, MaxRows: 10, TakeoverWait: time.Second}, graphtest.Options{Latency: 5 * time.Second})
				w.crowd(0, 35, true)
				w.run(2 * time.Hour)
				w.command(musterpb.Verb_VERB_REPLACE, "x")
				for w.audienceKeyed("x").row.Replace.GetSent() < 2 {
					w.run(time.Second)
				}
				if how == "left out" {
					w.options.Exclude = []string{"x"}
					w.restart()
					w.task.Takeover()
				} else {
					w.crowd(0, 35, false)
				}
				w.command(musterpb.Verb_VERB_FORGET, "x")
				s := w.state()
				if r := s.OrderRefused; r == nil || !strings.Contains(r.Title, "replaced") || r.Remedy == "" || s.State == "forgetting" {
					t.Fatalf("shown as %v", s)
				}
				w.run(2 * time.Hour)
				w.command(musterpb.Verb_VERB_FORGET, "x")
				w.run(time.Hour)
				if k := w.task.Processor().(*task); len(k.order) != 0 {
					t.Errorf("the session is over, and the task keeps %v", k.audiences)
				}
			})
		})
	}
}

// TestForgetLeftOut: an audience that is left out is forgotten with its members.
func TestForgetLeftOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, Audiences: map[string]AudienceOptions{"x": {LeaveOut: true}}}, graphtest.Options{})
		w.crowd(0, 8, true)
		w.run(2 * time.Minute)
		w.command(musterpb.Verb_VERB_FORGET, "x")
		w.run(time.Minute)
		if k := w.task.Processor().(*task); len(k.order) != 0 {
			t.Errorf("the task keeps %v", k.audiences)
		}
	})
}

// TestDelete: the Facebook audience is deleted, nothing is sent until somebody resumes,
// and then it is made anew and filled whole.
func TestDelete(t *testing.T) {
	t.Parallel()
	for _, kind := range []graphtest.Kind{"", graphtest.HTTP503, graphtest.ResetAfter, graphtest.ResetBefore, graphtest.TimeoutAfter, graphtest.Throttle80003, graphtest.TokenExpired} {
		t.Run(string("fault "+kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{})
				w.crowd(0, 8, true)
				w.run(2 * time.Minute)
				first := w.audienceOf("x").ID
				if kind != "" {
					w.graph.Inject(graphtest.Fault{Kind: kind, Match: graphtest.Match{Op: graphtest.OpDelete}})
				}
				w.command(musterpb.Verb_VERB_DELETE, "x")
				w.run(3 * time.Hour)
				if s := w.state(); s.State != "paused" || s.FacebookId != "" || !w.graph.Audience(first).Deleted {
					t.Fatalf("shown as %v", s)
				}
				w.restart()
				w.task.Takeover()
				w.enter("x", "u9", "email:u9")
				w.run(2 * time.Hour)
				if w.audienceOf("x").ID != "" {
					t.Error("it is back while paused")
				}
				w.command(musterpb.Verb_VERB_RESUME, "x")
				w.run(2 * time.Hour)
				w.converged()
				if id := w.audienceOf("x").ID; id == first || id == "" {
					t.Errorf("now it is %q, was %q", id, first)
				}
			})
		})
	}
}

// TestDeleteIsRefused where Muster did not make the audience, and told where Facebook
// refuses it for its lookalikes.
func TestDeleteIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{})
		w.enter("x", "u", "email:a")
		w.run(2 * time.Minute)
		own := w.audienceOf("x").ID
		w.graph.SetLookalikes(own, "7")
		w.command(musterpb.Verb_VERB_DELETE, "x")
		w.run(time.Minute)
		if s := w.state(); s.State != "paused" || !strings.Contains(s.OrderRefused.GetTitle(), "lookalikes") || w.graph.Audience(own).Deleted {
			t.Errorf("shown as %v", s)
		}
		w.command(musterpb.Verb_VERB_RESUME, "x")
		w.run(time.Second)
		id := w.byHand("stranger")
		w.adopt(id, false)
		w.run(2 * time.Hour)
		w.command(musterpb.Verb_VERB_DELETE, "x")
		if s := w.state(); s.State != "waiting" || !strings.Contains(s.OrderRefused.GetTitle(), "did not make") || w.graph.Audience(id).Deleted {
			t.Errorf("shown as %v", s)
		}
	})
}

// TestOrdersOfAForgottenAudience: what was asked of an audience that was forgotten
// since is not done to the one that has its key now, when commands are read again.
func TestOrdersOfAForgottenAudience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{})
		w.enter("x", "u1", "email:a")
		w.run(2 * time.Minute)
		deleted := w.command(musterpb.Verb_VERB_DELETE, "x")
		w.exit("x", "u1")
		w.run(time.Hour)
		forgotten := w.command(musterpb.Verb_VERB_FORGET, "x")
		w.run(time.Hour)
		w.enter("x", "u2", "email:b")
		w.run(2 * time.Hour)
		w.converged()
		w.task.Process(deleted, forgotten)
		w.run(2 * time.Hour)
		w.converged()
		if s := w.state(); s.State != "waiting" || s.Members != 1 {
			t.Errorf("shown as %v", s)
		}
	})
}
