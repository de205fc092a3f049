package uploader

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/uploader/facebook/graphtest"
)

// TestErasureEverywhereSurvivesCrashes: wherever an owner dies, from the record to the
// entry's tombstone, the person is removed, that is told, and others stay.
func TestErasureEverywhereSurvivesCrashes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		step consumer.Step
		wipe bool
		want int // crashes, at least
	}{
		{consumer.BeforeLog, false, 5}, {consumer.AfterLog, false, 5}, {consumer.AfterLog, true, 5},
		{consumer.AfterEmit, false, 5}, {consumer.AfterEmit, true, 5}, {consumer.AfterTable, false, 2},
	} {
		n := 0
		for commit, more := 0, true; more; commit++ {
			var crashed bool
			if crashed, more = eraseWithCrash(t, c.step, c.wipe, commit); crashed {
				n++
			}
		}
		if n < c.want {
			t.Errorf("step %v: only %d crashes", c.step, n)
		}
	}
}

// eraseWithCrash lets the owner die in the n-th commit of the erasure's life, if that comes
// to the step. more: there are later ones.
func eraseWithCrash(t *testing.T, step consumer.Step, wipe bool, n int) (crashed, more bool) {
	synctest.Test(t, func(t *testing.T) {
		w := newErasing(t, Options{Window: 10 * time.Minute}, graphtest.Options{})
		w.crashes = true
		w.known("u1")
		w.enter("x", "twin", "email:u1")
		w.enter("x", "other", "email:o")
		w.pass(5 * time.Minute)
		commits := 0
		// try commits, again after a crash, and has the owner die in the n-th commit.
		try := func(f func() error) {
			logged := len(w.task.Changelog())
			armed := !crashed && commits == n
			if armed {
				w.task.FailAt(step)
			}
			if err := f(); err != nil {
				crashed = true
				if wipe {
					w.task.Wipe()
				}
				w.task.Takeover()
				if err := f(); err != nil { // records are read again
					t.Fatal(err)
				}
			} else if armed {
				w.task.FailAt(-1) // there was nothing to commit
			}
			if emitted := w.take(); emitted || len(w.task.Changelog()) > logged {
				commits++
			}
		}
		said := w.erasureOf("u1", "email:u1")
		try(func() error { return w.task.ProcessErr(said) })
		for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); {
			var next time.Time
			try(func() (err error) {
				next, err = w.task.TickErr()
				return err
			})
			if unread := w.unread; len(unread) > 0 {
				w.unread = nil
				try(func() error { return w.task.ProcessErr(unread...) })
				continue
			}
			if next.IsZero() || next.After(end) {
				next = end
			}
			select {
			case <-w.task.Processor().Wake():
			case <-time.After(time.Until(next)):
			}
		}
		w.holds("1", 0)
		w.kept(0)
		if got := slices.Compact(w.told); !slices.Equal(got, []string{"u1 removed 1 1"}) || len(w.told) > 2 {
			t.Errorf("crash %v in commit %d, wipe %t: told %q", step, n, wipe, w.told)
		}
		w.told = nil
		w.pass(30 * time.Minute)
		w.converged()
		more = commits > n
	})
	return crashed, more
}
