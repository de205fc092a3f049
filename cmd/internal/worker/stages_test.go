package worker

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"muster/cmd/internal/config"
)

// A new owner waits for the lease of the former one and then for its last request; an
// owner drains for ten seconds, or shorter than the group would wait for it.
func TestWaitsFollowFromTimeouts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		session, rebalance, request time.Duration
		wait, drain                 time.Duration
	}{
		{30 * time.Second, 60 * time.Second, 20 * time.Second, 50 * time.Second, 10 * time.Second},
		{60 * time.Second, 45 * time.Second, 20 * time.Second, 65 * time.Second, 10 * time.Second},
		{6 * time.Second, 30 * time.Second, time.Minute, 66 * time.Second, 2 * time.Second},
		{30 * time.Second, 9 * time.Second, time.Minute, 69 * time.Second, 3 * time.Second},
	} {
		c := config.Defaults()
		c.Kafka.SessionTimeout, c.Kafka.RebalanceTimeout, c.Facebook.RequestTimeout = tt.session, tt.rebalance, tt.request
		if got := takeoverWait(c); got != tt.wait {
			t.Errorf("%+v: a new owner waits %s", tt, got)
		}
		w := &Worker{config: c}
		if got := w.stage("uploader", &telemetry{meters: noop.NewMeterProvider()}).DrainTimeout; got != tt.drain {
			t.Errorf("%+v: an owner drains for %s", tt, got)
		}
	}
}
