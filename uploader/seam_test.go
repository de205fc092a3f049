package uploader

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// The tests here are of what lies between two features.

// TestReplaceOfTwoSpaces: a replacement sends nobody once the key is used in two spaces,
// and goes on when the configuration lists both.
func TestReplaceOfTwoSpaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := replaceWorld(t, Options{}, graphtest.Options{})
		w.from("spa_1", "", "x", "u1", "email:u1")
		w.from("spa_2", "", "x", "u9", "email:u9")
		w.command(musterpb.Verb_VERB_REPLACE, "x")
		w.run(3 * time.Hour)
		if text := w.journal.take(); text != "" {
			t.Errorf("blocked, and sent:\n%s", text)
		}
		if s := w.state(); s.Block.GetReason() != blockTwoSpaces {
			t.Errorf("shown as %v", s)
		}
		w.options.Spaces = []string{"spa_1", "spa_2"}
		w.restart()
		w.task.Takeover()
		w.replacementEnds()
		w.replacedNow()
	})
}

// TestReplaceOfAnotherKind: nothing is sent to an adopted audience that is not of the
// configured kind, by a replacement neither.
func TestReplaceOfAnotherKind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{
			Commands: commandTopic, ResendOver: -1, Audiences: map[string]AudienceOptions{"x": {ValueBased: true}},
		}, graphtest.Options{})
		w.crowd(0, 3, true)
		w.run(2 * time.Hour)
		id := w.byHand("stranger")
		w.adopt(id, true)
		w.run(3 * time.Hour)
		if s := w.state(); s.FacebookId != id || s.Block.GetReason() != blockKind || s.State != "blocked" {
			t.Errorf("shown as %v", s)
		}
		if n := w.graph.Audience(id).Lines; n != 1 {
			t.Errorf("the plain audience has %d rows, want the one it had", n)
		}
	})
}

// TestReplacedRowsAreStored: which of a member's rows a replacement has is not lost where
// those that are synced happen to be those that are desired, in another order.
func TestReplacedRowsAreStored(t *testing.T) {
	t.Parallel()
	refused, sent := parseRow("email:refused"), parseRow("email:sent")
	m := member{Member: &musterpb.Member{In: true, Desired: []*musterpb.Row{sent, refused}, Synced: []*musterpb.Row{sent, refused}, Batch: 5}}
	m.replaceBy([]*musterpb.Row{sent}, 7)
	value, err := encodeMember(m.Member)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := decodeMember(value)
	if err != nil {
		t.Fatal(err)
	}
	a := &audience{row: &musterpb.Audience{Since: 7}}
	if a.present(stored); len(stored.Synced) != 1 || !stored.Synced[0].EqualVT(sent) {
		t.Errorf("after the replacement synced is %v, want the row that was sent", stored.Synced)
	}
}

// TestForgetTellsErasures: no step of an erasure is forgotten with its audience before
// it was told, nor an erasure that is not over.
func TestForgetTellsErasures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1, Audit: auditTopic}, graphtest.Options{})
		w.enter("x", "held", "email:1")
		w.task.Process(w.says("x", "unmatchable", true))
		w.run(2 * time.Hour)
		w.erase("x", "held")
		w.erase("x", "unmatchable")
		w.command(musterpb.Verb_VERB_FORGET, "x")
		w.run(time.Minute)
		got := w.audits("held", "unmatchable")
		slices.Sort(got)
		if want := []string{"held forgotten 1", "unmatchable nothing_held 0"}; !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
		if all := w.task.Processor().(*task).audiences; len(all) != 0 {
			t.Errorf("not forgotten: %v", all)
		}
	})
}

// TestEmptiedIsKeptUntilTold: a member whose erasure nobody was told of outlives
// KeepEmptied.
func TestEmptiedIsKeptUntilTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, Audit: auditTopic}, graphtest.Options{})
		w.task.Process(w.says("x", "u", true))
		w.erase("x", "u")
		w.task.Release() // nobody owns the task for longer than KeepEmptied
		time.Sleep(8 * 24 * time.Hour)
		w.task.Takeover()
		w.run(time.Minute)
		if got := w.audits("u"); !slices.Equal(got, []string{"u nothing_held 0"}) {
			t.Errorf("told %v", got)
		}
		if n := w.task.Processor().(*task).audiences["x"].counts.stored; n != 0 {
			t.Errorf("%d members are kept", n)
		}
	})
}

// TestForgottenAndBackIsSent: who comes back while the audience is forgotten is in no
// Facebook audience that is known, though an earlier row of theirs was sent.
func TestForgottenAndBackIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{})
		w.enter("x", "u1", "email:1")
		w.enter("x", "u2", "email:2")
		w.run(2 * time.Hour)
		w.exit("x", "u1")
		w.exit("x", "u2")
		w.command(musterpb.Verb_VERB_FORGET, "x")
		w.enter("x", "u2", "email:2")
		w.graph.Delete(w.audienceOf("x").ID)
		w.run(2 * time.Hour)
		w.converged()
	})
}

// TestDeleteEndsErasures: with the Facebook audience goes all that it held.
func TestDeleteEndsErasures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1, Audit: auditTopic}, graphtest.Options{})
		w.crowd(0, 3, true)
		w.run(2 * time.Hour)
		w.erase("x", "u1")
		w.command(musterpb.Verb_VERB_DELETE, "x")
		w.run(100 * time.Hour)
		if got := w.audits("u1"); !slices.Equal(got, []string{"u1 nothing_held 0"}) {
			t.Errorf("told %v", got)
		}
		if w.shown.Erasing != 0 || w.shown.ErasuresOverdue != 0 {
			t.Errorf("shown as %v", w.shown)
		}
		w.task.Wipe()
		w.task.Takeover()
		w.command(musterpb.Verb_VERB_RESUME, "x")
		w.run(2 * time.Hour)
		w.converged()
	})
}

// TestDeleteOfAnAdoptedOwn: an audience that Muster made, and that somebody adopted for
// the key that it has, is made anew after its deletion like any other.
func TestDeleteOfAnAdoptedOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{})
		w.crowd(0, 3, true)
		w.run(2 * time.Hour)
		w.adopt(w.audienceOf("x").ID, false)
		w.run(time.Minute)
		w.command(musterpb.Verb_VERB_DELETE, "x")
		w.run(time.Minute)
		w.command(musterpb.Verb_VERB_RESUME, "x")
		w.run(2 * time.Hour)
		w.converged()
	})
}

// until has the ad account closed for d, so that whoever calls it waits.
func (b *budget) until(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of("1").next = at
}

// TestPausedReplacementLeavesTheQueue: while it waits for a person it must not look as
// if something were due, or nothing that uses spare capacity would go.
func TestPausedReplacementLeavesTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := replaceWorld(t, Options{}, graphtest.Options{})
		b := w.task.Processor().(*task).budget
		b.until(time.Now().Add(time.Minute))
		w.command(musterpb.Verb_VERB_REPLACE, "x")
		w.run(10 * time.Second)
		w.command(musterpb.Verb_VERB_PAUSE, "x")
		w.run(2 * time.Minute)
		if !b.easy("1", time.Now()) {
			t.Error("a paused replacement waits for the account")
		}
	})
}

// TestDeletionIsDue: a deletion that somebody asked for does not wait for spare capacity,
// of which a busy account has none.
func TestDeletionIsDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{})
		w.crowd(0, 3, true)
		w.run(2 * time.Hour)
		b := w.task.Processor().(*task).budget
		b.until(time.Now().Add(time.Minute))
		w.command(musterpb.Verb_VERB_DELETE, "x")
		w.run(time.Second)
		claims := b.of("1").queue.claims
		if len(claims) != 1 || claims[0].early {
			t.Errorf("the deletion waits as %+v", claims)
		}
		w.command(musterpb.Verb_VERB_RESUME, "x")
		w.run(2 * time.Minute)
		if !b.easy("1", time.Now()) {
			t.Error("a deletion that was called off waits for the account")
		}
	})
}

// TestAdoptEndsABlock: a person who maps the key elsewhere has acted.
func TestAdoptEndsABlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1, SlowBeat: 24 * time.Hour}, graphtest.Options{})
		w.crowd(0, 3, true)
		w.run(2 * time.Hour)
		w.graph.Delete(w.audienceOf("x").ID)
		w.enter("x", "u4", "email:4")
		w.run(2 * time.Hour)
		if s := w.state(); s.State != "blocked" {
			t.Fatalf("shown as %v", s)
		}
		id := w.byHand("stranger")
		w.adopt(id, false)
		w.run(2 * time.Hour)
		if n := w.graph.Audience(id).Lines; n != 5 {
			t.Errorf("%d rows, want 4 and the stranger's", n)
		}
	})
}

// TestDeletionRefusedInAReplacement: the replacement goes on, whose sessions may have taken
// people out.
func TestDeletionRefusedInAReplacement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := replaceWorld(t, Options{}, graphtest.Options{Latency: 5 * time.Second})
		w.graph.SetLookalikes(w.audienceOf("x").ID, "7")
		w.command(musterpb.Verb_VERB_REPLACE, "x")
		w.run(7 * time.Second) // the second of four is in flight
		w.command(musterpb.Verb_VERB_DELETE, "x")
		w.run(time.Hour)
		if s := w.state(); s.State != "paused" || s.OrderRefused == nil {
			t.Fatalf("shown as %v", s)
		}
		w.command(musterpb.Verb_VERB_RESUME, "x")
		w.replacementEnds()
		w.replacedNow()
	})
}

// TestDeletionThatTheTokenMayNot: Facebook says of what a token may not delete that it does
// not exist; it holds its members still.
func TestDeletionThatTheTokenMayNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{})
		w.crowd(0, 3, true)
		w.run(2 * time.Hour)
		first := w.audienceOf("x").ID
		w.graph.Inject(graphtest.Fault{Kind: graphtest.Gone, Match: graphtest.Match{Op: graphtest.OpDelete}, Count: 2})
		w.command(musterpb.Verb_VERB_DELETE, "x")
		w.run(time.Minute)
		if s := w.state(); s.FacebookId != first || s.State != "deleting" || s.Block.GetReason() != "permission" {
			t.Errorf("shown as %v", s)
		}
		w.run(3 * time.Hour)
		if s := w.state(); s.FacebookId != "" || s.Block != nil || !w.graph.Audience(first).Deleted {
			t.Errorf("with the role, shown as %v", s)
		}
	})
}

// TestHoldEndsWhenAllAreBack: with nothing to send any more there is nothing to hold.
func TestHoldEndsWhenAllAreBack(t *testing.T) {
	t.Parallel()
	for _, addOnly := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{})
			w.crowd(0, 1200, true)
			w.run(2 * time.Hour)
			w.crowd(0, 1200, false)
			w.run(2 * time.Hour)
			if s := w.state(); s.State != "held" {
				t.Fatalf("shown as %v", s)
			}
			if addOnly {
				w.options.Audiences = map[string]AudienceOptions{"x": {AddOnly: true}}
				w.restart()
				w.task.Takeover()
			} else {
				w.crowd(0, 1200, true)
			}
			w.run(2 * time.Hour)
			if s := w.state(); s.State != "waiting" || s.Block != nil {
				t.Errorf("add_only %t: shown as %v", addOnly, s)
			}
		})
	}
}

// TestForgetWaitsForDeletion: an audience that is forgotten while it is being deleted would
// stay at Facebook, against what was said of the deletion; nor is any other order obeyed
// that would go down with the audience.
func TestForgetWaitsForDeletion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{})
		w.enter("x", "u", "email:a")
		w.run(2 * time.Hour)
		first := w.audienceOf("x").ID
		w.exit("x", "u")
		order := func(verb musterpb.Verb) *musterpb.Block {
			time.Sleep(time.Millisecond)
			w.command(verb, "x")
			return w.task.Processor().(*task).audiences["x"].row.OrderRefused
		}
		order(musterpb.Verb_VERB_DELETE)
		if order(musterpb.Verb_VERB_FORGET) == nil {
			t.Error("forgotten while it is being deleted")
		}
		w.run(time.Minute)
		if !w.graph.Audience(first).Deleted {
			t.Error("not deleted")
		}
		if refused := order(musterpb.Verb_VERB_FORGET); refused != nil {
			t.Errorf("deleted, and not forgotten: %v", refused)
		}
		if order(musterpb.Verb_VERB_DELETE).GetTitle() != "the audience is being forgotten" {
			t.Error("deleted while it is being forgotten")
		}
		w.run(time.Minute)
		if all := w.task.Processor().(*task).audiences; len(all) != 0 {
			t.Errorf("not forgotten: %v", all)
		}
	})
}

// TestReplacedIsResynced: a replacement sends all, so resync_every counts from it.
func TestReplacedIsResynced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := replaceWorld(t, Options{Audiences: map[string]AudienceOptions{"x": {ResyncEvery: 24 * time.Hour}}}, graphtest.Options{})
		w.run(23 * time.Hour)
		w.command(musterpb.Verb_VERB_REPLACE, "x")
		w.run(20 * time.Minute)
		w.journal.take()
		w.run(4 * time.Hour)
		if text := w.journal.take(); text != "" {
			t.Errorf("just replaced, and sent:\n%s", text)
		}
	})
}
