package uploader

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"muster/consumer"
	"muster/uploader/facebook/graphtest"
)

// measured is the sum of a counter.
func measured(t *testing.T, reader sdkmetric.Reader, name string) (sum int64) {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != name {
				continue
			}
			for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
				sum += p.Value
			}
		}
	}
	return sum
}

// After a removal at most 100 members that share a strong value with it are added
// again, and the others are counted (I5): a value that a thousand people share
// names nobody.
func TestSurvivorsBeyondTheLimitAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reader := sdkmetric.NewManualReader()
		w := newWorld(t, Options{ResendOver: -1, MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))}, graphtest.Options{})
		w.enter("x", "leaver", "email:leaver phone:shared")
		for i := range maxSurvivors + 5 {
			w.enter("x", fmt.Sprint(i), fmt.Sprintf("email:%d phone:shared", i))
		}
		w.run(2 * time.Minute)
		w.exit("x", "leaver")
		before := len(w.graph.Journal())
		w.run(2 * time.Hour)
		added := 0
		for _, e := range w.graph.Journal()[before:] {
			if e.Op == graphtest.OpAdd {
				added += e.Rows
			}
		}
		if added != 100 {
			t.Errorf("%d members were added again, want 100", added)
		}
		if n := measured(t, reader, metricBeyond); n != 5 {
			t.Errorf("%d members are counted as beyond the limit, want 5", n)
		}
	})
}

// Of a value that very many share, no more than a thousand members are looked at for
// one removal: the others are neither counted nor written.
func TestSharersBeyondTheLimitAreLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reader := sdkmetric.NewManualReader()
		w := newWorld(t, Options{ResendOver: -1, MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))}, graphtest.Options{})
		records := []consumer.Record{w.says("x", "leaver", true, parseRow("email:leaver phone:shared"))}
		for i := range 1005 {
			records = append(records, w.says("x", fmt.Sprint(i), true, parseRow(fmt.Sprintf("email:%d phone:shared", i))))
		}
		w.task.Process(records...)
		w.run(2 * time.Minute)
		w.exit("x", "leaver")
		w.run(2 * time.Hour)
		if n := measured(t, reader, metricBeyond); n != 900 {
			t.Errorf("%d members are counted as beyond the limit, want 900: of a thousand all but those added again", n)
		}
	})
}
