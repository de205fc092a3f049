package worker_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"muster/consumer"
)

// Every record of every stage ends in exactly one outcome, whatever it is, and through
// a change of replicas: the outcomes of a stage sum up to the records of its inputs.
func TestEveryRecordHasOneOutcome(t *testing.T) {
	t.Parallel()
	for _, repartition := range []bool{false, true} {
		t.Run(fmt.Sprintf("repartition %t", repartition), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.topic("identify", 2)
				w.topic("audience-membership", 2)
				measured := sdkmetric.NewManualReader()
				w.meters = sdkmetric.NewMeterProvider(sdkmetric.WithReader(measured))
				c := w.config()
				for i := range c.Sources {
					c.Sources[i].Repartition = repartition
				}
				_, stop := w.run(c, &bytes.Buffer{})
				w.allKinds(1)
				w.await("the first rows", func() bool { return w.lines()["vip"] > 0 })
				if err := stop(); err != nil {
					t.Error(err)
				}
				_, stop = w.run(c, &bytes.Buffer{})
				w.allKinds(2)
				w.await("the second rows", func() bool { return w.lines()["vip2"] > 0 })
				time.Sleep(5 * time.Minute)
				if err := stop(); err != nil {
					t.Error(err)
				}
				got := outcomes(t, measured)
				sources, first := w.held(t, "identify", "audience-membership"), "muster.membership.records"
				if repartition {
					first = "muster.repartition.records"
					if n, want := got["muster.membership.records"].sum, w.held(t, "muster.events"); n != want {
						t.Errorf("membership has %d outcomes of %d events", n, want)
					}
				}
				if n := got[first].sum; n != sources || n == 0 {
					t.Errorf("%s has %d outcomes of %d records: %v", first, n, sources, got[first].by)
				}
				if n, want := got["muster.uploader.records"].sum, w.held(t, "muster.members"); n != want || n == 0 {
					t.Errorf("the uploader has %d outcomes of %d records: %v", n, want, got["muster.uploader.records"].by)
				}
				if kinds := len(got[first].by); kinds < 3 {
					t.Errorf("%d kinds of outcomes are no proof: %v", kinds, got[first].by)
				}
			})
		})
	}
}

// allKinds produces records of every kind, in a round that has users and an audience of
// its own.
func (w *world) allKinds(round int) {
	w.t.Helper()
	user, vip := fmt.Sprintf("u%d", round), "vip"
	if round > 1 {
		vip = fmt.Sprintf("vip%d", round)
	}
	enters := entered(user, vip, user+"@example.com", true)
	w.produce("audience-membership", user, enters)
	w.produce("audience-membership", user, enters) // the same again
	w.produce("identify", user, fmt.Appendf(nil, `{"type":"identify","userId":%q,"traits":{"email":"%[1]s@example.com","phone":"nonsense"}}`, user))
	w.produce("identify", user, []byte(`{"type":"page","userId":"x"}`))                      // of no interest
	w.produce("identify", user, []byte(`{"type":"identify",`))                               // cannot be read
	w.produceTo("identify", 1, []byte("somebody else"), entered(user, vip, "a@b.com", true)) // not keyed, where that matters
	w.produceTo("identify", 1, nil, nil)
	w.produce("identify", "erased"+user, entered("erased"+user, vip, "x@example.com", true))
	w.produce("identify", "erased"+user, nil)
}

// held is how many records topics hold.
func (w *world) held(t *testing.T, topics ...string) (n int64) {
	t.Helper()
	c := consumer.NewCluster(consumer.ClusterOptions{Brokers: w.kafka.Addrs, Dial: w.kafka.Dial, Logger: slog.New(slog.DiscardHandler)})
	defer c.Close()
	for _, topic := range topics {
		for p := range w.partitions(topic) {
			start, end, err := c.Bounds(t.Context(), topic, p)
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range c.Records(t.Context(), topic, p, start, end) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
		}
	}
	return n
}

type sum struct {
	sum int64
	by  map[string]int64 // by attributes
}

// outcomes are the counters of integers, by name.
func outcomes(t *testing.T, reader sdkmetric.Reader) map[string]sum {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	sums := map[string]sum{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			data, ok := m.Data.(metricdata.Sum[int64])
			if !ok {
				continue
			}
			s := sum{by: map[string]int64{}}
			for _, p := range data.DataPoints {
				s.sum += p.Value
				s.by[fmt.Sprint(p.Attributes.ToSlice())] += p.Value
			}
			sums[m.Name] = s
		}
	}
	return sums
}
