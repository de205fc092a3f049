package uploader

import (
	"context"
	"errors"
	"time"

	"muster/consumer"
)

// leaseCheck is how often a lease is looked at while nothing else wakes the
// looker: a timer counts on the monotonic clock only.
const leaseCheck = time.Second

type leaseKey struct{}

// MaySend returns nil while a request of this context may go out (I3): the
// context goes on and the lease it was made under holds. It asks the lease
// itself, since after a pause of the process bytes could go out before the
// goroutine that ends the context has run. It is for the last round tripper
// (facebook.Options.BeforeSend).
func MaySend(ctx context.Context) error {
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), context.Cause(ctx))
	}
	if lease, ok := ctx.Value(leaseKey{}).(consumer.Lease); ok {
		return lease.MayAct()
	}
	return nil
}

// leased returns a context that carries the lease and ends with it, as long as
// that is extended: no request outlives it (I3). end frees the context and waits
// for its goroutine.
func leased(parent context.Context, lease consumer.Lease) (ctx context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(context.WithValue(parent, leaseKey{}, lease))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if err := lease.MayAct(); err != nil {
				cancel(err)
				return
			}
			timer := time.NewTimer(max(0, min(time.Until(lease.Until()), leaseCheck)))
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
