package uploader

import (
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

var sentAt = regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d `)

// named makes a record that says a name of the audience and its Facebook id.
func (w *world) named(audience, user, name, id, row string) consumer.Record {
	w.t.Helper()
	w.records++
	return w.record(audience, user, &musterpb.MemberRows{
		Incarnation: 1, Position: w.records, In: true, Rows: parseRows(row), Name: name, FacebookId: id,
	})
}

// Two keys that the stream gives one Facebook audience would undo each other: the
// second one is blocked, visibly, and what the first one sent is left alone.
func TestTwoKeysOfTheStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, TakeoverWait: time.Second}, graphtest.Options{})
		id := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "theirs", "subtype": "CUSTOM"})
		w.task.Process(w.named("x", "u1", "", id, "email:a"), w.named("y", "u2", "", id, "email:b"))
		for _, owner := range []string{"first", "next"} {
			w.run(2 * time.Hour)
			task := w.task.Processor().(*task)
			if x := task.audiences["x"]; x.row.Block != nil || x.row.FacebookId != id {
				t.Errorf("%s owner: x has %q, blocked: %v", owner, x.row.FacebookId, x.row.Block)
			}
			if y := task.audiences["y"]; y.row.Block.GetReason() != "two_keys" || y.row.Block.GetRemedy() == "" || y.row.FacebookId != "" {
				t.Errorf("%s owner: y has %q, blocked: %v", owner, y.row.FacebookId, y.row.Block)
			}
			if n := w.graph.Audience(id).Lines; n != 1 {
				t.Errorf("%s owner: %d rows in the audience, want the one of x", owner, n)
			}
			w.task.Takeover()
		}
		// Once the first one is left out, the audience is the second one's.
		w.options.Audiences = map[string]AudienceOptions{"x": {LeaveOut: true}}
		w.restart()
		w.task.Takeover()
		w.run(2 * time.Hour)
		if y := w.task.Processor().(*task).audiences["y"]; y.row.Block != nil || y.row.FacebookId != id {
			t.Errorf("alone, y has %q, blocked: %v", y.row.FacebookId, y.row.Block)
		}
	})
}

// An audience that the configuration gives to one key is not another's, wherever the
// one is owned: not because the stream says so, nor because it was made for it, and
// if that came first, not any more.
func TestConfiguredAudienceIsNobodyElses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, TakeoverWait: time.Second}, graphtest.Options{})
		id := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "theirs", "subtype": "CUSTOM"})
		w.task.Process(w.named("x", "u1", "", id, "email:a"))
		w.task.Process(w.named("made", "u1", "", "", "email:a"))
		w.run(2 * time.Hour)
		made := w.audienceOf("made").ID
		if n, m := w.graph.Audience(id).Lines, w.graph.Audience(made).Lines; n != 1 || m != 1 {
			t.Fatalf("%d and %d rows, want 1 each: they are nobody else's yet", n, m)
		}
		w.options.Audiences = map[string]AudienceOptions{
			"of another partition": {FacebookID: facebook.AudienceID(id)}, "of yet another": {FacebookID: facebook.AudienceID(made)},
		}
		w.restart()
		w.task.Takeover()
		w.task.Process(w.named("x", "u2", "", id, "email:b"), w.named("made", "u2", "", "", "email:b"))
		w.run(2 * time.Hour)
		check := func(rows int, reason string) {
			t.Helper()
			for key, facebookID := range map[string]string{"x": id, "made": made} {
				a := w.task.Processor().(*task).audiences[key]
				if n := w.graph.Audience(facebookID).Lines; n != rows || a.row.Block.GetReason() != reason {
					t.Errorf("%s: %d rows, want %d; blocked: %v", key, n, rows, a.row.Block)
				}
			}
		}
		check(1, "two_keys")
		w.options.Audiences = nil
		w.restart()
		w.task.Takeover()
		w.run(2 * time.Hour)
		check(2, "") // nobody else's again
	})
}

// A Facebook audience that the configuration moves from one key to another is the
// other's; the one gets an audience of its own.
func TestConfiguredAudienceMoves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, TakeoverWait: time.Second}, graphtest.Options{})
		id := facebook.AudienceID(w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "theirs", "subtype": "CUSTOM"}))
		for _, key := range []string{"x", "y"} {
			w.options.Audiences = map[string]AudienceOptions{key: {FacebookID: id}}
			w.restart()
			w.task.Takeover()
			w.enter("x", "u1", "email:a")
			w.enter("y", "u2", "email:b")
			w.run(2 * time.Hour)
			for _, a := range w.task.Processor().(*task).order {
				if own := a.id() != id; own == (a.key == key) || a.id() == "" || a.row.Block != nil {
					t.Errorf("given to %s: %s has %q, blocked: %v", key, a.key, a.id(), a.row.Block)
				}
			}
		}
	})
}

// The stream's first word on an audience counts. A later name does not rename it in
// Facebook, and a later id does not move its members.
func TestLaterNameDoesNotRename(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, TakeoverWait: time.Second}, graphtest.Options{})
		first := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "first", "subtype": "CUSTOM"})
		second := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "second", "subtype": "CUSTOM"})
		w.task.Process(w.named("made", "u1", "One", "", "email:a"), w.named("given", "u1", "One", first, "email:a"))
		w.run(2 * time.Hour)
		w.task.Process(w.named("made", "u2", "Two", "", "email:b"), w.named("given", "u2", "Two", second, "email:b"))
		w.run(2 * time.Hour)
		w.task.Takeover()
		w.task.Process(w.named("made", "u3", "Three", "", "email:c"), w.named("given", "u3", "Three", second, "email:c"))
		w.run(2 * time.Hour)
		if a := w.audienceOf("made"); a.Name != "One" || a.Lines != 3 {
			t.Errorf("it is called %q and holds %d rows, want One and 3", a.Name, a.Lines)
		}
		if a, b := w.graph.Audience(first).Lines, w.graph.Audience(second).Lines; a != 3 || b != 0 {
			t.Errorf("the audience of the first id holds %d rows, of the second %d; want 3 and 0", a, b)
		}
	})
}
