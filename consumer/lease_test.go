package consumer

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"muster/consumer/kafkatest"
)

// Each clock ends the lease by itself: the wall clock after a suspension, in
// which the monotonic one stood still; the monotonic one when the wall clock was
// set back.
func TestLeaseEndsOnEitherClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var wallAhead time.Duration
		l := newGroupLease(30*time.Second, 40*time.Second)
		l.now = func() moment {
			m := bothClocks()
			m.wall = m.wall.Add(wallAhead)
			return m
		}
		check := func(what string, may bool) {
			t.Helper()
			err := l.MayAct()
			if (err == nil) != may || (err != nil && !errors.Is(err, errLost)) {
				t.Errorf("%s: %v, may act: want %t", what, err, may)
			}
		}
		check("before the first heartbeat", false)
		l.renew(l.now())
		check("renewed", true)
		time.Sleep(29*time.Second - 1)
		check("just before the end", true)
		time.Sleep(time.Nanosecond)
		check("at the end", false)

		l.renew(l.now())
		wallAhead += 29 * time.Second
		check("after a suspension", false)
		wallAhead -= time.Hour
		check("wall clock set back", true)
		time.Sleep(29 * time.Second)
		check("wall clock set back, time passed", false)
	})
}

// A lease is as long as the shorter of the two times after which the group gives a
// member's tasks away.
func TestLeaseIsTheShorterTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ session, rebalance time.Duration }{{10 * time.Second, 60 * time.Second}, {60 * time.Second, 10 * time.Second}} {
		if l := newGroupLease(tt.session, tt.rebalance); l.length != 9*time.Second {
			t.Errorf("session %s, rebalance %s: a lease of %s, want 9s", tt.session, tt.rebalance, l.length)
		}
	}
}

// A lease runs out under answers that are errors, even such as may pass, and is
// not revived by one without: others may own the tasks by then. While a generation
// drains it only runs out: what is in flight may be finished.
func TestLeaseRunsOut(t *testing.T) {
	t.Parallel()
	const length = 9 * time.Second
	for name, tt := range map[string]struct {
		answer int16 // the code of an error, 0 = none
		slept  time.Duration
		lost   bool
	}{
		"heartbeats are answered":   {0, 0, false},
		"the coordinator is away":   {kerr.CoordinatorLoadInProgress.Code, 0, true},
		"answered after the lease":  {0, length, true},
		"the generation is drained": {kerr.RebalanceInProgress.Code, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := kafkatest.StartVirtual(t)
				c := NewCluster(ClusterOptions{Brokers: f.Addrs, Dial: f.Dial, Logger: slog.New(slog.DiscardHandler)})
				defer c.Close()
				f.ControlKey(int16(kmsg.Heartbeat), func(r kmsg.Request) (kmsg.Response, error, bool) {
					f.KeepControl()
					answer := r.ResponseKind().(*kmsg.HeartbeatResponse)
					answer.ErrorCode = tt.answer
					return answer, nil, true
				})
				l := newGroupLease(length+leaseMargin, time.Minute)
				l.renew(l.now())
				time.Sleep(tt.slept)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				began := time.Now()
				err := l.run(ctx, c, member{group: "g", id: "m", generation: 1}, time.Second)
				if lost := errors.Is(err, ErrLeaseOver); lost != tt.lost || (err == nil) == tt.lost {
					t.Errorf("ended with %v, lost: want %t", err, tt.lost)
				}
				if d := time.Since(began); tt.lost && d > length+time.Second || !tt.lost && d < time.Minute {
					t.Errorf("ended after %s", d)
				}
			})
		})
	}
}
