package consumer

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
)

// errLost means that the group has given this member's tasks to others.
var errLost = errors.New("no longer a member of this generation")

// ErrLeaseOver means that others may own the task by now: nothing may be written
// or sent for it any more.
var ErrLeaseOver = fmt.Errorf("the lease is over: %w", errLost)

// leaseMargin is taken off every lease for clocks that run unevenly.
const leaseMargin = time.Second

// groupLease is the Lease of all tasks of one generation. The coordinator gives
// a member's tasks away no sooner than the session time-out after the last
// heartbeat it answered without error, nor sooner than the rebalance time-out
// after the rebalance it announced; so every error-free answer is good for the
// shorter of both, counted from when the heartbeat was sent.
type groupLease struct {
	length time.Duration
	until  atomic.Pointer[moment]
	now    func() moment // bothClocks, but for tests
}

// moment is one instant on both clocks. The monotonic clock stands still while a
// machine is suspended; the wall clock can be set back. Each sees what the other
// does not.
type moment struct {
	mono time.Time
	wall time.Time // without a monotonic reading, so that comparing uses the wall clock
}

func bothClocks() moment {
	t := time.Now()
	return moment{mono: t, wall: t.Round(0)}
}

func newGroupLease(session, rebalance time.Duration) *groupLease {
	l := &groupLease{length: min(session, rebalance) - leaseMargin, now: bothClocks}
	l.until.Store(&moment{})
	return l
}

// Until returns the end of the lease; the zero time before the first heartbeat.
func (l *groupLease) Until() time.Time { return l.until.Load().mono }

// MayAct returns ErrLeaseOver when the lease is over by either clock.
func (l *groupLease) MayAct() error {
	now, end := l.now(), l.until.Load()
	if !now.mono.Before(end.mono) || !now.wall.Before(end.wall) {
		return ErrLeaseOver
	}
	return nil
}

func (l *groupLease) renew(sent moment) {
	l.until.Store(&moment{mono: sent.mono.Add(l.length), wall: sent.wall.Add(l.length)})
}

// acquire sends the first heartbeat: no task begins without a lease.
func (l *groupLease) acquire(ctx context.Context, c *Cluster, m member) error {
	return c.retry(ctx, "heartbeat to "+m.group, func(ctx context.Context) error {
		sent := l.now()
		err := c.sendHeartbeat(ctx, m)
		if err == nil {
			l.renew(sent)
		}
		return err
	})
}

// run sends heartbeats of its own, since kafka-go hides the answers to its own
// and sends none while a generation drains. It returns nil when ctx ends and
// errLost when the group says so or the lease has run out. It begins under a lease.
func (l *groupLease) run(ctx context.Context, c *Cluster, m member, every time.Duration) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		sent := l.now()
		hctx, cancel := context.WithTimeout(ctx, c.options.RequestTimeout)
		err := c.sendHeartbeat(hctx, m)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			// Over is over: a coordinator that still loads answers anybody.
			if over := l.MayAct(); over != nil {
				return over
			}
			l.renew(sent)
		case errors.Is(err, errLost):
			return err
		}
		if over := l.MayAct(); over != nil && !errors.Is(err, kafka.RebalanceInProgress) {
			return over
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}
