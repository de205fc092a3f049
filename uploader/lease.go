package uploader

import (
	"context"
	"errors"
	"time"

	"muster/consumer"
)

// leaseCheck is how often a lease that is over is looked at again.
const leaseCheck = time.Second

var errLeaseOver = errors.New("the lease is over")

// leased returns a context that ends with the lease, as long as that is
// extended (I3). end frees it and waits for its goroutine.
func leased(parent context.Context, lease consumer.Lease) (ctx context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(parent)
	if lease == nil {
		return ctx, func() { cancel(context.Canceled) }
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			left := time.Until(lease.Until())
			if left <= 0 {
				cancel(errLeaseOver)
				return
			}
			timer := time.NewTimer(left)
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-timer.C:
			}
		}
	}()
	return ctx, func() {
		cancel(context.Canceled)
		<-done
	}
}
