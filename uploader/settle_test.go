package uploader

import (
	"bytes"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// A removal takes out of synced what it sent and nothing else: the member's other
// rows are still in Facebook, and are removed when it leaves before they are added
// again (I4).
func TestRemovalLeavesWhatItDidNotSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{Latency: 5 * time.Second})
		w.enter("x", "u1", "email:1 phone:1", "phone:2 fn:y")
		w.enter("x", "u2", "email:2")
		w.run(2 * time.Minute)
		w.converged()
		w.enter("x", "u1", "email:1 phone:1")
		w.until(func(a *audience) bool { return a.flight })
		w.command(musterpb.Verb_VERB_PAUSE, "x") // the window ends with the removal
		w.run(time.Minute)
		w.exit("x", "u1")
		w.command(musterpb.Verb_VERB_RESUME, "x")
		w.run(2 * time.Hour)
		w.converged()
	})
}

// A row stays in Facebook for whoever desires it, not for one whose own removal of
// it is owed: the last who desired it removes it with its next window.
func TestRowIsNotHeldByWhoOwesIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{OwedEvery: 24 * time.Hour, ResendOver: -1}, graphtest.Options{})
		w.enter("x", "u1", "email:a")
		w.enter("x", "u2", "email:b")
		w.run(2 * time.Minute)
		w.graph.Inject(graphtest.Fault{Kind: graphtest.LowSize, Match: graphtest.Match{Op: graphtest.OpRemove}, Count: 2})
		w.exit("x", "u1")
		w.run(time.Hour)
		if a := w.task.Processor().(*task).audiences["x"]; a.counts.owed != 1 {
			t.Fatalf("%d removals are owed, want 1", a.counts.owed)
		}
		w.enter("x", "u3", "email:a")
		w.run(time.Hour)
		w.exit("x", "u3")
		w.run(time.Hour)
		w.converged()
	})
}

// Whose removal Facebook refuses for now, and who is desired again, is added with
// the next window, by other rows too; and the next exit is a removal of its own,
// which does not wait until what was owed is due.
func TestWhoOwesARemovalComesBack(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]string{"by other rows": "email:b", "as before": "email:a"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Options{OwedEvery: 24 * time.Hour, ResendOver: -1}, graphtest.Options{})
				w.enter("x", "u", "email:a")
				w.enter("x", "stays", "email:s")
				w.run(2 * time.Minute)
				w.graph.Inject(graphtest.Fault{Kind: graphtest.LowSize, Match: graphtest.Match{Op: graphtest.OpRemove}, Count: 2})
				w.exit("x", "u")
				w.run(time.Hour)
				if a := w.task.Processor().(*task).audiences["x"]; a.counts.owed != 1 {
					t.Fatalf("%d removals are owed, want 1", a.counts.owed)
				}
				before := len(w.graph.Journal())
				w.enter("x", "u", row)
				w.run(time.Hour)
				if !slices.ContainsFunc(w.graph.Journal()[before:], func(e graphtest.Entry) bool { return e.Op == graphtest.OpAdd }) {
					t.Error("the member is not added with the next window")
				}
				if row == "email:b" {
					w.run(24 * time.Hour)
					w.converged()
					return
				}
				w.exit("x", "u")
				w.run(time.Hour)
				w.converged()
			})
		})
	}
}

// A member of which nothing is left does not hold a batch of removals open, though
// it is no item of it: what it had, another member has.
func TestSharedSurvivorIsReleased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1}, graphtest.Options{})
		users := []string{"u1", "u2"}
		slices.SortFunc(users, func(a, b string) int { x, y := userKey(a), userKey(b); return bytes.Compare(x[:], y[:]) })
		w.enter("x", users[0], "email:a phone:p")
		w.enter("x", users[1], "email:a")
		w.enter("x", "stays", "email:a")
		w.run(2 * time.Minute)
		w.exit("x", users[0])
		w.exit("x", users[1])
		w.run(2 * time.Hour)
		w.converged()
		if a := w.task.Processor().(*task).audiences["x"]; len(a.row.Open) != 0 {
			t.Errorf("open batches %v, want none", a.row.Open)
		}
	})
}
