package consumer

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func gauges(t *testing.T, reader sdkmetric.Reader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	values := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if g, ok := m.Data.(metricdata.Gauge[int64]); ok {
				for _, p := range g.DataPoints {
					values[m.Name] += p.Value
				}
			}
		}
	}
	return values
}

// A table whose disk has failed tells nothing: Pebble waits for ever then, holding what
// its numbers are read under.
func TestHealthOfAFailedDisk(t *testing.T) {
	t.Parallel()
	disk, full := fullDisk()
	said, end := make(chan struct{}), make(chan struct{})
	var once sync.Once
	table, err := OpenTable("table", TableOptions{FS: disk, MemTableBytes: 64 << 10, FailedAfter: time.Millisecond, Failed: func(error) {
		once.Do(func() { close(said) })
		<-end
	}})
	if err != nil {
		t.Fatal(err)
	}
	full.Store(true)
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		for i := range 1000 {
			if err := table.db.Set(tableKey(spaceLogged, fmt.Appendf(nil, "k%d", i)), make([]byte, 1000), noSync); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	<-said
	looked := make(chan bool)
	go func() {
		_, ok := table.Health()
		looked <- ok
	}()
	select {
	case ok := <-looked:
		if ok {
			t.Error("it is told to be well")
		}
	case <-time.After(10 * time.Second):
		t.Error("whoever looks at it waits")
		go func() { <-looked }()
	}
	full.Store(false) // a process would end; here there is room again
	close(end)
	<-wrote
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
}

// The health of a task's table is measured while the table is open.
func TestTableHealth(t *testing.T) {
	t.Parallel()
	table, err := OpenTable("table", TableOptions{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		for key := range 100 {
			if err := table.db.Set(tableKey(spaceLogged, fmt.Appendf(nil, "%d", key)), make([]byte, 1000), noSync); err != nil {
				t.Fatal(err)
			}
		}
		if i == 0 {
			if err := table.db.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := &Stage{tasks: map[int]*taskState{}, o: StageOptions{Name: "membership"}}
	s.enter(3).table.Store(table)
	reader := sdkmetric.NewManualReader()
	if _, err := newMeters(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test"), s); err != nil {
		t.Fatal(err)
	}
	got := gauges(t, reader)
	for name, least := range map[string]int64{
		metricTableDisk: 1000, metricTableWAL: 100_000, metricTableMemory: 100_000, metricTableFiles: 1, metricTableSublevels: 1, metricTableReads: 1,
	} {
		if got[name] < least {
			t.Errorf("%s is %d, want %d or more", name, got[name], least)
		}
	}
	if _, there := got[metricTableDebt]; !there {
		t.Errorf("no %s", metricTableDebt)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	for name := range gauges(t, reader) {
		if name == metricTableDisk || name == metricTableReads {
			t.Errorf("%s of a table that is closed", name)
		}
	}
}

// BenchmarkTableHealth is what one table costs each time metrics are collected.
func BenchmarkTableHealth(b *testing.B) {
	table, err := OpenTable("table", TableOptions{FS: vfs.NewMem()})
	if err != nil {
		b.Fatal(err)
	}
	defer table.Close()
	b.ReportAllocs()
	for b.Loop() {
		if _, open := table.Health(); !open {
			b.Fatal("closed")
		}
	}
}
