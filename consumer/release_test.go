package consumer_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"muster/consumer"
)

// courier is a stage with a request under way outside: after Stop it takes a
// time to end. It notes whether its owner came after a clean release.
type courier struct {
	consumer.Processor
	takes time.Duration
	over  time.Time // zero until Stop
	clean *atomic.Bool
}

func (c *courier) Start(ctx context.Context, tx *consumer.Tx, s consumer.Start) error {
	c.clean.Store(s.CleanRelease)
	return c.Processor.Start(ctx, tx, s)
}

func (c *courier) Stop() { c.over = time.Now().Add(c.takes) }

func (c *courier) Busy() bool { return time.Now().Before(c.over) }

// startCourier starts a replica of couriers, waits until it works and reports
// whether it came after a clean release.
func (w *world) startCourier(fs vfs.FS, takes time.Duration) (r *replica, clean bool) {
	w.t.Helper()
	var after atomic.Bool
	r = w.start(fs, func(o *consumer.StageOptions) {
		made := o.New
		o.New = func(i consumer.TaskInfo) (consumer.Processor, error) {
			p, err := made(i)
			return &courier{Processor: p, takes: takes, clean: &after}, err
		}
	})
	w.settle(1, r)
	return r, after.Load()
}

// A release tells the next owner that nothing of its predecessor can still reach
// Facebook: it is written when the last request has ended within the drain time,
// and never over one that goes on, nor by an owner that lost the task.
func TestReleaseSaysThatNothingIsInFlight(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		takes time.Duration
		lost  bool
		clean bool
	}{
		{"idle", 0, false, true},
		{"ends in time", 5 * time.Second, false, true},
		{"goes on", time.Minute, false, false},
		{"lost", 0, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.topics(1)
				w.produce(1, 10)
				fs := vfs.NewMem()
				first, _ := w.startCourier(fs, 0)
				first.stop() // a clean release, which must not outlive the next owner
				owner, clean := w.startCourier(fs, tt.takes)
				if !clean {
					t.Error("the first owner left no release")
				}
				if tt.lost {
					w.expel()
				}
				began := time.Now()
				owner.stop()
				if d, least := time.Since(began), min(tt.takes, 10*time.Second); d < least || d > least+2*time.Second && !tt.lost {
					t.Errorf("drained in %s, with a request of %s under way", d, tt.takes)
				}
				next, clean := w.startCourier(fs, 0)
				if clean != tt.clean {
					t.Errorf("clean release: %t, want %t", clean, tt.clean)
				}
				next.stop()
			})
		})
	}
}

// expel has the group tell its members that it does not know them, and waits
// until they join again. It tells the leases only: kafka-go's own heartbeats, of
// version 0, would have a member drain before it learns that it has lost.
func (w *world) expel() {
	w.t.Helper()
	beats := w.broker.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.Heartbeat}, Group: "g", Err: kerr.UnknownMemberID, Count: -1,
		When: func(r kmsg.Request) bool { return r.GetVersion() > 0 },
	})
	joins := w.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Group: "g", Err: kerr.CoordinatorNotAvailable, Count: -1})
	w.await("the owner joins again", func() bool { return joins.Hits() > 0 })
	beats.Remove()
	joins.Remove()
}

// What a former owner logged and did not emit is silent: its records, read
// again, have the next owner say it, though they change nothing any more.
func TestLoggedButUnsaidIsSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(1)
		fs := vfs.NewMem()
		a := w.start(fs)
		w.settle(1, a)
		mute := w.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.NotEnoughReplicas, Count: -1})
		w.produce(1, 10) // one of each key: nothing later says what the first commit left unsaid
		w.await("a produce to the output", func() bool { return mute.Hits() > 0 })
		w.expel()
		a.stop()
		mute.Remove()
		b := w.start(fs)
		w.settle(1, b)
		w.want(1, 1)
		b.stop()
	})
}
