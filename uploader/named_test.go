package uploader

import (
	"testing"
	"testing/synctest"
	"time"

	"muster/uploader/facebook/graphtest"
)

// TestFacebookName: an audience that is configured by its name is looked up in the
// account; without exactly one of that name nothing is made, and somebody is told.
func TestFacebookName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{
			ResendOver: -1, Audiences: map[string]AudienceOptions{"x": {FacebookName: "Kept by hand"}},
		}, graphtest.Options{})
		w.enter("x", "u1", "email:a")
		w.run(time.Hour)
		if s := w.state(); s.State != "blocked" || s.Block.GetReason() != "facebook_name" || w.audienceOf("x").ID != "" {
			t.Fatalf("there is none, and shown is %v", s)
		}
		first := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "Kept by hand"})
		second := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "Kept by hand"})
		w.run(time.Hour)
		if s := w.state(); s.State != "blocked" || s.FacebookId != "" {
			t.Fatalf("there are two, and shown is %v", s)
		}
		w.graph.Delete(second)
		w.run(time.Hour)
		if s := w.state(); s.FacebookId != first || s.Block != nil || w.graph.Audience(first).Lines != 1 {
			t.Fatalf("there is one, and shown is %v", s)
		}

		// Another name is another audience, and gets everybody.
		other := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "Another"})
		w.options.Audiences = map[string]AudienceOptions{"x": {FacebookName: "Another"}}
		w.restart()
		w.task.Takeover()
		w.enter("x", "u2", "email:b")
		w.run(3 * time.Hour)
		if got := w.graph.Audience(other).Lines; got != 2 {
			t.Errorf("the other audience has %d rows, want 2", got)
		}
	})
}
