package worker

import (
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// The worker's own metrics and their attribute.
const (
	metricState       = "muster.worker.state"
	metricCacheSize   = "muster.table.cache.size"
	metricCacheHits   = "muster.table.cache.hits"
	metricCacheMisses = "muster.table.cache.misses"

	keyState = attribute.Key("muster.state")
)

// observe has the worker's state, and the cache that its tables share, read whenever
// metrics are collected, until stop: the cache must not be read after it was given up.
func (w *Worker) observe(meter metric.Meter, cache *pebble.Cache) (stop func() error, err error) {
	state, err1 := meter.Int64ObservableGauge(metricState,
		metric.WithDescription("1 for the state that the worker is in, as /readyz tells it, 0 for the others."))
	size, err2 := meter.Int64ObservableGauge(metricCacheSize, metric.WithUnit("By"), metric.WithDescription("Memory of the block cache that all tables share."))
	hits, err3 := meter.Int64ObservableCounter(metricCacheHits, metric.WithUnit("{block}"), metric.WithDescription("Blocks of tables that were in the cache."))
	misses, err4 := meter.Int64ObservableCounter(metricCacheMisses, metric.WithUnit("{block}"), metric.WithDescription("Blocks of tables that were read from the disk."))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	r, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		is := w.Status().State
		for _, s := range []State{Starting, Restoring, Degraded, Blocked, Ready} {
			value := int64(0)
			if s == is {
				value = 1
			}
			o.ObserveInt64(state, value, metric.WithAttributes(keyState.String(string(s))))
		}
		c := cache.Metrics()
		o.ObserveInt64(size, c.Size)
		o.ObserveInt64(hits, c.Hits)
		o.ObserveInt64(misses, c.Misses)
		return nil
	}, state, size, hits, misses)
	if err != nil {
		return nil, err
	}
	return r.Unregister, nil
}
