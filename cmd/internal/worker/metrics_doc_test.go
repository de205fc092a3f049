package worker_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"muster/uploader/facebook/graphtest"
)

// instrument is what a page says, or the worker makes, of one metric.
type instrument struct{ kind, unit, description string }

// noting is a MeterProvider that notes what instruments are made.
type noting struct {
	metric.MeterProvider
	mu   sync.Mutex
	made map[string]instrument
}

func (n *noting) Meter(name string, o ...metric.MeterOption) metric.Meter {
	return notingMeter{n.MeterProvider.Meter(name, o...), n}
}

type notingMeter struct {
	metric.Meter
	noting *noting
}

func (m notingMeter) note(name, kind string, c interface{ Unit() string }, description string) {
	m.noting.mu.Lock()
	defer m.noting.mu.Unlock()
	m.noting.made[name] = instrument{kind, c.Unit(), description}
}

func (m notingMeter) Int64Counter(name string, o ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	c := metric.NewInt64CounterConfig(o...)
	m.note(name, "counter", c, c.Description())
	return m.Meter.Int64Counter(name, o...)
}

func (m notingMeter) Int64ObservableCounter(name string, o ...metric.Int64ObservableCounterOption) (metric.Int64ObservableCounter, error) {
	c := metric.NewInt64ObservableCounterConfig(o...)
	m.note(name, "counter", c, c.Description())
	return m.Meter.Int64ObservableCounter(name, o...)
}

func (m notingMeter) Float64Histogram(name string, o ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	c := metric.NewFloat64HistogramConfig(o...)
	m.note(name, "histogram", c, c.Description())
	return m.Meter.Float64Histogram(name, o...)
}

func (m notingMeter) Int64Gauge(name string, o ...metric.Int64GaugeOption) (metric.Int64Gauge, error) {
	c := metric.NewInt64GaugeConfig(o...)
	m.note(name, "gauge", c, c.Description())
	return m.Meter.Int64Gauge(name, o...)
}

func (m notingMeter) Int64ObservableGauge(name string, o ...metric.Int64ObservableGaugeOption) (metric.Int64ObservableGauge, error) {
	c := metric.NewInt64ObservableGaugeConfig(o...)
	m.note(name, "gauge", c, c.Description())
	return m.Meter.Int64ObservableGauge(name, o...)
}

func (m notingMeter) Float64ObservableGauge(name string, o ...metric.Float64ObservableGaugeOption) (metric.Float64ObservableGauge, error) {
	c := metric.NewFloat64ObservableGaugeConfig(o...)
	m.note(name, "gauge", c, c.Description())
	return m.Meter.Float64ObservableGauge(name, o...)
}

// rare are labels that only some outcomes have, which the test does not come to.
var rare = []string{
	"muster_uploader_records_total muster_reason", "muster_membership_records_total reason", "muster_membership_records_total type",
}

// The page of metrics names what the worker makes, all of it and nothing else, as
// Prometheus shows it; and the labels that are there.
func TestMetricsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	documented, labels := map[string]instrument{}, map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(muster_[a-z0-9_]+|http_[a-z0-9_]+)` \\| (\\w+) \\| ([^|]*?) ?\\| ([^|]*?) ?\\| ([^|]+) \\|$").FindAllStringSubmatch(string(page), -1) {
		documented[row[1]] = instrument{row[2], row[3], row[5]}
		for _, l := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[4], -1) {
			labels[row[1]] = append(labels[row[1]], l[1])
		}
	}
	synctest.Test(t, func(t *testing.T) {
		made, seen := everything(t)
		for name, m := range made {
			d, there := documented[name]
			if d.kind != m.kind || d.unit != m.unit || strings.TrimSuffix(d.description, ".") != strings.TrimSuffix(m.description, ".") {
				t.Errorf("docs/metrics.md has %t: %+v, want the row\n| `%s` | %s | %s | %s | %s |", there, d, name, m.kind, m.unit, quoted(seen[name]), m.description)
			}
			for _, l := range seen[name] {
				if !slices.Contains(labels[name], l) {
					t.Errorf("docs/metrics.md: %s has a label %s", name, l)
				}
			}
			for _, l := range labels[name] {
				if len(seen[name]) > 0 && !slices.Contains(seen[name], l) && !slices.Contains(rare, name+" "+l) {
					t.Errorf("docs/metrics.md: %s has no label %s, it has %q", name, l, seen[name])
				}
			}
		}
		for name := range documented {
			if _, there := made[name]; !there {
				t.Errorf("docs/metrics.md: there is no %s", name)
			}
		}
	})
}

// everything has a worker make all its instruments, and meet what gives them labels. It
// returns both by the names that Prometheus shows.
func everything(t *testing.T) (made map[string]instrument, seen map[string][]string) {
	w := newWorld(t)
	w.topic("identify", 2)
	w.topic("audience-membership", 2)
	reader := sdkmetric.NewManualReader()
	n := &noting{MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), made: map[string]instrument{}}
	w.meters = n
	c := w.config()
	c.Sources[0].Repartition, c.Sources[1].Repartition = true, true
	c.Facebook.AppID, c.Facebook.AppSecret = "1", "a secret"
	w.graph.Inject(graphtest.Fault{Kind: graphtest.HTTP500, Match: graphtest.Match{Op: graphtest.OpAdd}, Count: 1})
	_, stop := w.run(c, &bytes.Buffer{})
	w.allKinds(1)
	w.await("the rows", func() bool { return w.lines()["vip"] > 0 })
	w.graph.Inject(graphtest.Fault{Kind: graphtest.BadData, Match: graphtest.Match{Op: graphtest.OpAdd}, Count: 1})
	w.allKinds(2)
	w.await("the second audience", func() bool { return len(w.graph.Audiences()) > 1 })
	time.Sleep(10 * time.Minute)
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	names := prometheusNames(t, n.made)
	made, seen = map[string]instrument{}, map[string][]string{}
	for name, m := range n.made {
		made[names[name]] = m
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			found := map[string]bool{}
			for _, set := range attributeSets(m.Data) {
				for _, kv := range set.ToSlice() {
					found[strings.ReplaceAll(string(kv.Key), ".", "_")] = true
				}
			}
			seen[names[m.Name]] = slices.Sorted(maps.Keys(found))
		}
	}
	return made, seen
}

func attributeSets(data metricdata.Aggregation) (sets []attribute.Set) {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			sets = append(sets, p.Attributes)
		}
	case metricdata.Gauge[int64]:
		for _, p := range d.DataPoints {
			sets = append(sets, p.Attributes)
		}
	case metricdata.Gauge[float64]:
		for _, p := range d.DataPoints {
			sets = append(sets, p.Attributes)
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			sets = append(sets, p.Attributes)
		}
	}
	return sets
}

// prometheusNames are the names that the exporter gives to instruments.
func prometheusNames(t *testing.T, made map[string]instrument) map[string]string {
	t.Helper()
	names := map[string]string{}
	for name, m := range made {
		registry := prometheus.NewRegistry()
		exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
		if err != nil {
			t.Fatal(err)
		}
		meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter)).Meter("names")
		switch m.kind {
		case "counter":
			c, err := meter.Int64Counter(name, metric.WithUnit(m.unit))
			if err != nil {
				t.Fatal(err)
			}
			c.Add(context.Background(), 1)
		case "histogram":
			h, err := meter.Float64Histogram(name, metric.WithUnit(m.unit))
			if err != nil {
				t.Fatal(err)
			}
			h.Record(context.Background(), 1)
		default:
			g, err := meter.Int64Gauge(name, metric.WithUnit(m.unit))
			if err != nil {
				t.Fatal(err)
			}
			g.Record(context.Background(), 1)
		}
		families, err := registry.Gather()
		if err != nil || len(families) != 1 {
			t.Fatal(name, families, err)
		}
		names[name] = families[0].GetName()
	}
	return names
}

func quoted(labels []string) string {
	var q []string
	for _, l := range labels {
		q = append(q, fmt.Sprintf("`%s`", l))
	}
	return strings.Join(q, ", ")
}
