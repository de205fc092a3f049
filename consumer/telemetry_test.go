package consumer

import (
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// TestCommitDurationBuckets: a commit takes milliseconds, and the SDK's own
// bounds, made for milliseconds, would put every commit into one bucket.
func TestCommitDurationBuckets(t *testing.T) {
	t.Parallel()
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	m, err := newMeters(provider.Meter("test"), &Stage{})
	if err != nil {
		t.Fatal(err)
	}
	m.commit.Record(t.Context(), 0.02, m.stage)
	m.commit.Record(t.Context(), 0.2, m.stage)
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for _, metric := range all.ScopeMetrics[0].Metrics {
		if h, ok := metric.Data.(metricdata.Histogram[float64]); ok && metric.Name == metricCommitDuration {
			used := 0
			for _, n := range h.DataPoints[0].BucketCounts {
				if n > 0 {
					used++
				}
			}
			if used != 2 {
				t.Errorf("20 ms and 200 ms are in %d buckets of %v, want 2", used, h.DataPoints[0].Bounds)
			}
			return
		}
	}
	t.Errorf("no histogram %s", metricCommitDuration)
}
