package uploader

import (
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
