package uploader

import (
	"testing"
	"testing/synctest"
	"time"

	"muster/uploader/facebook/graphtest"
)

// An owner that is revoked during its own takeover wait stays busy until that is
// over, so that no release is written: the former owner's requests may still
// take effect, and the next owner must wait for them as well.
func TestBusyDuringTheTakeoverWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{TakeoverWait: time.Minute}, graphtest.Options{})
		if w.task.Processor().Busy() {
			t.Error("the first owner of all waits for a former one")
		}
		w.task.Takeover() // the former owner wrote no release
		p := w.task.Processor()
		p.Stop()
		time.Sleep(time.Minute - 1)
		if !p.Busy() {
			t.Error("may be released before the takeover wait is over")
		}
		time.Sleep(time.Nanosecond)
		if p.Busy() {
			t.Error("busy after the takeover wait")
		}
	})
}

// After an unknown answer the owner stays busy for a request's time-out.
func TestBusyAfterAnUnknownAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{}, graphtest.Options{})
		p := w.task.Processor().(*task)
		w.enter("x", "u", "email:a")
		a := p.audiences["x"]
		a.unknown = unknownAnswer{op: adding, at: time.Now()}
		p.Stop()
		time.Sleep(w.options.RequestTimeout - 1)
		if !p.Busy() {
			t.Error("may be released while the request may take effect")
		}
		time.Sleep(time.Nanosecond)
		if p.Busy() {
			t.Error("busy after the request's time-out")
		}
	})
}
