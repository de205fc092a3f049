package uploader

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// TestRecreate: an audience that was deleted at Facebook is made anew and sent
// whole; one that Facebook only hides from uploads is not made twice, nor is
// forgotten what it holds.
func TestRecreate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		recreate bool
	}{{"recreate", true}, {"block", false}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Options{Commands: commandTopic, Recreate: tt.recreate, ResendOver: -1}, graphtest.Options{})
				for i := range 3 {
					w.enter("x", fmt.Sprint("u", i), fmt.Sprint("email:", i))
				}
				w.run(2 * time.Hour)
				first := w.audienceOf("x").ID
				w.graph.Delete(first)
				w.enter("x", "u4", "email:4")
				w.run(2 * time.Hour)
				if !tt.recreate {
					if s := w.state(); s.State != "blocked" || w.audienceOf("x").ID != "" {
						t.Errorf("shown as %v", s)
					}
					return
				}
				w.converged()
				if w.audienceOf("x").ID == first {
					t.Error("the deleted audience is back")
				}
			})
		})
	}
}

func TestRecreateOfHidden(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, Recreate: true, ResendOver: -1}, graphtest.Options{})
		w.enter("x", "u1", "email:1")
		w.enter("x", "u2", "email:2")
		w.run(2 * time.Hour)
		id := w.audienceOf("x").ID
		w.graph.Inject(graphtest.Fault{Kind: graphtest.Gone, Match: graphtest.Match{Op: graphtest.OpRemove}, Count: -1})
		w.exit("x", "u1")
		w.run(time.Hour + time.Minute)
		if s := w.state(); s.State != "blocked" || s.FacebookId != id || s.Block.GetReason() != "permission" {
			t.Fatalf("shown as %v", s)
		}
		w.task.Takeover()
		w.run(5 * time.Minute)
		w.graph.ClearFaults()
		w.command(musterpb.Verb_VERB_RETRY, "x")
		w.run(2 * time.Hour)
		w.converged() // u1 is removed: that it was there is not forgotten
		if got := w.audienceOf("x").ID; got != id {
			t.Errorf("now it is audience %s, was %s", got, id)
		}
	})
}
