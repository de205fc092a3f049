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

// leaseMargin is taken off every lease for clocks that run unevenly.
const leaseMargin = time.Second

// groupLease is the Lease of all tasks of one generation. The coordinator gives
// a member's tasks away no sooner than the session time-out after the last
// heartbeat it answered without error, nor sooner than the rebalance time-out
// after the rebalance it announced; so every error-free answer is good for the
// shorter of both, counted from when the heartbeat was sent.
type groupLease struct {
	length time.Duration
	until  atomic.Pointer[time.Time]
}

func newGroupLease(session, rebalance time.Duration) *groupLease {
	l := &groupLease{length: min(session, rebalance) - leaseMargin}
	l.until.Store(&time.Time{})
	return l
}

// Until returns the end of the lease; the zero time before the first heartbeat.
func (l *groupLease) Until() time.Time { return *l.until.Load() }

func (l *groupLease) renew(sent time.Time) {
	t := sent.Add(l.length)
	l.until.Store(&t)
}

// run sends heartbeats of its own, since kafka-go hides the answers to its own
// and sends none while a generation drains. It returns nil when ctx ends and
// errLost when the group says so or the lease has run out.
func (l *groupLease) run(ctx context.Context, c *Cluster, m member, every time.Duration) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		sent := time.Now()
		hctx, cancel := context.WithTimeout(ctx, c.options.RequestTimeout)
		err := c.sendHeartbeat(hctx, m)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			l.renew(sent)
		case errors.Is(err, errLost):
			return err
		}
		if u := l.Until(); !u.IsZero() && time.Now().After(u) && !errors.Is(err, kafka.RebalanceInProgress) {
			return fmt.Errorf("lease ran out: %w", errLost)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// heartbeat asks the group whether the member is still one of its generation.
func (c *Cluster) heartbeat(ctx context.Context, m member) error {
	return c.retry(ctx, "heartbeat to "+m.group, func(ctx context.Context) error { return c.sendHeartbeat(ctx, m) })
}

func (c *Cluster) sendHeartbeat(ctx context.Context, m member) error {
	res, err := c.client.Heartbeat(ctx, &kafka.HeartbeatRequest{GroupID: m.group, GenerationID: m.generation, MemberID: m.id})
	if err == nil {
		err = res.Error
	}
	return lostOr(err)
}

// lostOr turns the group's refusals of an old member into errLost.
func lostOr(err error) error {
	for _, e := range []kafka.Error{kafka.IllegalGeneration, kafka.UnknownMemberId, kafka.FencedInstanceID} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w: %w", errLost, err)
		}
	}
	return err
}
