package consumer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/segmentio/kafka-go"
)

// newBackOff returns the pauses between tries at a broker: 100 ms to 5 s with
// jitter, without end; the context ends it.
func newBackOff() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(100*time.Millisecond),
		backoff.WithMaxInterval(5*time.Second),
		backoff.WithMaxElapsedTime(0),
	)
}

// retry calls f until it succeeds, fails for good, or ctx ends. Each try has
// the request time-out. It says once that it is trying again, then every minute,
// and once that it went on.
func (c *Cluster) retry(ctx context.Context, op string, f func(context.Context) error) error {
	failures := Repeats{Patience: 1} // what the next try mends is not worth a line
	err := backoff.RetryNotify(func() error {
		rctx, cancel := context.WithTimeout(ctx, c.options.RequestTimeout)
		defer cancel()
		err := f(rctx)
		if err == nil || ctx.Err() != nil || (!errors.Is(err, ErrFenced) && transient(err)) {
			return err
		}
		return backoff.Permanent(err)
	}, backoff.WithContext(newBackOff(), ctx), func(err error, _ time.Duration) {
		failures.Failed(ctx, c.log, slog.LevelWarn, "Kafka does not answer as it should, trying again", "op", op, "brokers", c.options.Brokers, "error", err)
	})
	if err == nil {
		failures.Recovered(ctx, c.log, "Kafka answers again", "op", op)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// transient reports whether the same request may succeed later without anybody
// doing anything.
func transient(err error) bool {
	var k kafka.Error
	if errors.As(err, &k) {
		switch k {
		case kafka.BrokerNotAvailable, kafka.ReplicaNotAvailable, kafka.ConcurrentTransactions:
			return true // kafka-go does not count these as temporary
		case kafka.InvalidMessage:
			return false
		}
		return k.Temporary()
	}
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe)
}
