package uploader

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

// audienceKeyed is the task's audience of a key.
func (w *world) audienceKeyed(key string) *audience {
	w.t.Helper()
	return w.task.Processor().(*task).audiences[key]
}

// TestConfigurationTakesAudience: a Facebook audience that was made for one key, or
// adopted for it, and that the configuration gives to another is the other's. The
// one is blocked, says who has it, and must not delete it.
func TestConfigurationTakesAudience(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"made", "adopted"} {
		for _, other := range []string{"a", "z"} { // relinked before x and after
			t.Run(how+" then given to "+other, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1, TakeoverWait: time.Second}, graphtest.Options{})
					w.enter("x", "u1", "email:a")
					w.run(2 * time.Hour)
					if how == "adopted" {
						w.adopt(w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "theirs", "subtype": "CUSTOM"}), false)
						w.run(2 * time.Hour)
					}
					id := w.audienceKeyed("x").id()
					w.enter(other, "u2", "email:b")
					w.options.Audiences = map[string]AudienceOptions{other: {FacebookID: id}}
					w.restart()
					w.task.Takeover()
					w.enter("x", "u3", "email:c")
					w.run(2 * time.Hour)
					if o := w.audienceKeyed(other); o.id() != id || o.row.Block != nil {
						t.Errorf("%s, to which it is given, has %q, blocked: %v", other, o.id(), o.row.Block)
					}
					x := w.audienceKeyed("x").row.Block
					if x.GetReason() != blockTwoKeys || !strings.Contains(x.GetRemedy(), `"`+other+`"`) {
						t.Errorf("x is blocked: %v, want to be told of %s", x, other)
					}
					if n := w.graph.Audience(string(id)).Lines; n != 2 {
						t.Errorf("%d rows, want those of u1 and u2", n)
					}
					w.command(musterpb.Verb_VERB_DELETE, "x")
					w.run(time.Hour)
					if w.graph.Audience(string(id)).Deleted {
						t.Errorf("deleted as that of x, and %s has it", other)
					}

					w.options.Audiences = nil
					w.restart()
					w.task.Takeover()
					w.run(3 * time.Hour)
					if x := w.audienceKeyed("x"); x.id() != id || x.row.Block != nil || !x.row.ContentUnknown || w.graph.Audience(string(id)).Lines != 3 {
						t.Errorf("x has it back: %q with %d rows, want u2's beside its own; of unknown content: %t, blocked: %v",
							x.id(), w.graph.Audience(string(id)).Lines, x.row.ContentUnknown, x.row.Block)
					}
					if o := w.audienceKeyed(other); o.id() == id || o.id() == "" || o.row.Block != nil {
						t.Errorf("%s has %q, blocked: %v; want one of its own", other, o.id(), o.row.Block)
					}
				})
			})
		}
	}
}

// TestTwoKeysEnds: an audience that waits for another key to let go of its Facebook
// audience goes on when that has, also when nothing of it is to be sent; once it is
// left out it waits for nothing.
func TestTwoKeysEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := new(Health)
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1, TakeoverWait: time.Second, Health: h}, graphtest.Options{})
		add := func() facebook.AudienceID {
			return facebook.AudienceID(w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "theirs", "subtype": "CUSTOM"}))
		}
		id := add()
		w.enter("y", "u2", "email:b")
		w.adopts("y", id)
		w.run(2 * time.Hour)
		w.task.Process(w.named("x", "u1", "", string(id), "email:a"))
		w.run(2 * time.Hour)
		if b := h.Blocked()["x"]; b.Reason != blockTwoKeys {
			t.Fatalf("x is not blocked: %v", h.Blocked())
		}
		w.exit("x", "u1")
		w.run(time.Minute)
		w.adopts("y", add())
		w.run(time.Hour)
		if x := w.audienceKeyed("x"); x.row.Block != nil || x.id() != id {
			t.Errorf("y has another one now, and x has %q, blocked: %v", x.id(), x.row.Block)
		}

		third := add()
		w.adopts("x", third)
		w.run(time.Hour)
		w.options.Audiences = map[string]AudienceOptions{"y": {FacebookID: third}}
		w.restart()
		w.task.Takeover()
		w.run(time.Minute)
		if b := h.Blocked(); len(b) != 1 || b["x"].Reason != blockTwoKeys {
			t.Fatalf("blocked: %v, want x", b)
		}
		w.options.Exclude = []string{"x"}
		w.restart()
		w.task.Takeover()
		w.run(time.Minute)
		if b := h.Blocked(); len(b) != 0 {
			t.Errorf("x is left out, and blocked: %v", b)
		}
	})
}

// TestTwoKeysOutliveADrain: an audience that waits for another key goes on waiting with the
// next owner, so that it is sent whole once it has its Facebook audience back: the other
// key has removed somebody whom both had.
func TestTwoKeysOutliveADrain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, TakeoverWait: time.Second}, graphtest.Options{})
		w.enter("x", "u1", "email:a")
		w.run(2 * time.Hour)
		id := w.audienceKeyed("x").id()
		w.enter("a", "u2", "email:a")
		w.options.Audiences = map[string]AudienceOptions{"a": {FacebookID: id}}
		w.restart()
		w.task.Takeover()
		w.run(2 * time.Hour)
		w.exit("a", "u2")
		w.run(2 * time.Hour)
		if n := w.graph.Audience(string(id)).Lines; n != 0 {
			t.Fatalf("%d rows, want a to have removed what both had", n)
		}

		w.task.Processor().Stop()
		w.task.Tick()
		if b := w.audienceKeyed("x").row.Block; b.GetReason() != blockTwoKeys {
			t.Errorf("drained, x is blocked: %v", b)
		}
		w.options.Audiences = nil
		w.restart()
		w.task.Takeover()
		w.run(3 * time.Hour)
		if x := w.audienceKeyed("x"); x.id() != id || x.row.Block != nil || w.graph.Audience(string(id)).Lines != 1 {
			t.Errorf("x has %q with %d rows, want %q with its own; blocked: %v", x.id(), w.graph.Audience(string(id)).Lines, id, x.row.Block)
		}
	})
}

// adopts maps a key to a Facebook audience.
func (w *world) adopts(key string, id facebook.AudienceID) {
	w.t.Helper()
	w.task.Process(w.given(&musterpb.Command{Verb: musterpb.Verb_VERB_ADOPT, AtMs: time.Now().UnixMilli(), Audience: key, FacebookId: string(id)}))
	time.Sleep(time.Millisecond) // the next one is later
}
