package uploader

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/uploader/facebook/graphtest"
)

// A commit that fails takes the request it was to start with it: what is not in
// the log is not sent (I4).
func TestNothingIsSentBeforeItIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1}, graphtest.Options{})
		w.enter("x", "u1", "email:a")
		w.run(2 * time.Minute)
		w.enter("x", "u2", "email:b")
		w.run(5 * time.Minute) // the status is shown: the next commit is the window's
		before := len(w.graph.Journal())
		w.task.FailAt(consumer.BeforeLog)
		if err := w.runErr(time.Hour); !errors.Is(err, consumertest.ErrCrash) {
			t.Fatalf("ended with %v, want the crash", err)
		}
		synctest.Wait()
		if n := len(w.graph.Journal()) - before; n != 0 {
			t.Errorf("%d requests of a commit that failed", n)
		}
		w.task.Takeover()
		w.run(2 * time.Hour)
		w.converged()
	})
}
