package uploader

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// gaugesOf are the values of a gauge by audience.
func gaugesOf(t *testing.T, reader sdkmetric.Reader, name string) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != name {
				continue
			}
			switch data := m.Data.(type) {
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					audience, _ := p.Attributes.Value(keyAudience)
					values[audience.AsString()] = float64(p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					audience, _ := p.Attributes.Value(keyAudience)
					values[audience.AsString()] = p.Value
				}
			}
		}
	}
	return values
}

func measuredWorld(t *testing.T, o Options) (*world, sdkmetric.Reader) {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	o.MeterProvider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	return newWorld(t, o, graphtest.Options{}), reader
}

// What waits is measured in members, in rows and by its age, which goes on while
// nothing happens.
func TestFiguresOfWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, reader := measuredWorld(t, Options{ResendOver: -1, Window: 24 * time.Hour})
		w.enter("x", "u1", "email:u1", "phone:u1")
		w.run(5 * time.Minute)
		w.enter("x", "u1", "email:u1", "phone:new")
		w.enter("x", "u2", "email:u2", "email:u3", "email:u4")
		w.run(time.Second)
		for name, want := range map[string]float64{metricMembers: 2, metricPending: 2, metricPendRows: 1 + 1 + 3, metricBlockedIs: 0} {
			if got := gaugesOf(t, reader, name)["x"]; got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		time.Sleep(10 * time.Minute) // the task is not even called
		if age := gaugesOf(t, reader, metricUnsent)["x"]; age < 600 || age > 610 {
			t.Errorf("%s is %v, want ten minutes", metricUnsent, age)
		}
		w.run(24 * time.Hour)
		for _, name := range []string{metricPending, metricPendRows, metricUnsent} {
			if got, there := gaugesOf(t, reader, name)["x"]; got != 0 || !there {
				t.Errorf("%s is %v (there %t), want 0", name, got, there)
			}
		}
		w.converged()
	})
}

// What somebody keeps back has no age: a paused audience is no delay. What waits is
// counted all the same, and is late again as soon as it goes on.
func TestFiguresOfAPausedAudience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, reader := measuredWorld(t, Options{
			ResendOver: -1, Commands: commandTopic, Window: 24 * time.Hour,
			Audiences: map[string]AudienceOptions{"left": {LeaveOut: true}},
		})
		w.enter("x", "u1", "email:u1")
		w.run(5 * time.Minute)
		w.command(musterpb.Verb_VERB_PAUSE, "x")
		w.enter("x", "u2", "email:u2")
		w.enter("left", "u1", "email:u1")
		w.run(3 * time.Hour)
		for _, key := range []string{"x", "left"} {
			if age, n := gaugesOf(t, reader, metricUnsent)[key], gaugesOf(t, reader, metricPending)[key]; age != 0 || n != 1 {
				t.Errorf("%s, paused: %v members wait, for %v s", key, n, age)
			}
		}
		w.command(musterpb.Verb_VERB_RESUME, "x")
		w.run(time.Minute)
		if age := gaugesOf(t, reader, metricUnsent)["x"]; age < 3*3600 {
			t.Errorf("resumed: waits for %v s, want three hours", age)
		}
	})
}

// Rows that wait are counted the same by whoever restores the log.
func TestPendingRowsAfterARestore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, reader := measuredWorld(t, Options{ResendOver: -1, Window: 24 * time.Hour})
		w.enter("x", "u1", "email:u1")
		w.run(5 * time.Minute)
		w.exit("x", "u1")
		w.enter("x", "u2", "email:u2", "email:u3")
		w.run(time.Second)
		w.task.Wipe()
		w.task.Takeover()
		w.run(time.Second)
		if got := gaugesOf(t, reader, metricPendRows)["x"]; got != 3 {
			t.Errorf("%s is %v, want 3", metricPendRows, got)
		}
	})
}

// An audience that another replica took over, or that was forgotten, leaves no series
// behind: its last figures would stand beside the true ones.
func TestFiguresOfAnAudienceThatLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, reader := measuredWorld(t, Options{ResendOver: -1, Commands: commandTopic})
		w.enter("x", "u1", "email:u1")
		w.enter("y", "u1", "email:u1")
		w.run(2 * time.Hour)
		w.exit("y", "u1")
		w.run(2 * time.Hour)
		w.command(musterpb.Verb_VERB_FORGET, "y")
		w.run(time.Minute)
		if got := gaugesOf(t, reader, metricMembers); len(got) != 1 || got["x"] != 1 {
			t.Errorf("after y was forgotten: %v", got)
		}
		w.task.Close()
		for _, name := range []string{metricMembers, metricPending, metricUnsent, metricBlockedIs} {
			if got := gaugesOf(t, reader, name); len(got) != 0 {
				t.Errorf("%s after the task has gone: %v", name, got)
			}
		}
	})
}

// An audience that has no ad account yet makes no series of an account without a name.
func TestNoSeriesOfNoAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, reader := measuredWorld(t, Options{Exclude: []string{"left out"}})
		w.enter("left out", "u1", "email:u1")
		w.enter("x", "u1", "email:u1")
		w.run(2 * time.Hour)
		var all metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &all); err != nil {
			t.Fatal(err)
		}
		var accounts []string
		for _, scope := range all.ScopeMetrics {
			for _, m := range scope.Metrics {
				if data, ok := m.Data.(metricdata.Gauge[float64]); ok && m.Name == metricUsed {
					for _, p := range data.DataPoints {
						account, _ := p.Attributes.Value(keyAccount)
						accounts = append(accounts, account.AsString())
					}
				}
			}
		}
		if !slices.Equal(accounts, []string{"1"}) {
			t.Errorf("series of accounts %q", accounts)
		}
	})
}

// Beyond the number of audiences that are told apart sums are folded, and of ages the
// highest; who has a series keeps it, and its place is free when it leaves.
func TestFiguresAreFolded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	f := &figures{labels: &labels{max: 2}}
	for i, key := range []string{"m", "n"} {
		f.set(key, figure{members: int64(i + 1)})
	}
	f.collect(now)
	f.set("a", figure{members: 10, blocked: 1, unsentSince: now.Add(-time.Minute)})
	f.set("b", figure{members: 20, blocked: 1, unsentSince: now.Add(-time.Hour)})
	all := f.collect(now)
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, []string{"m", "n", "other"}) {
		t.Fatalf("series of %v", got)
	}
	if other := all[labelOther]; other.members != 30 || other.blocked != 2 || other.unsent != time.Hour {
		t.Errorf("other: %+v", *other)
	}
	f.remove("m")
	if all := f.collect(now); all["a"].members != 10 || all[labelOther].members != 20 {
		t.Errorf("after m left: %v, other %v", all["a"], all[labelOther])
	}
}

// By ids nothing says a key, and those without one are one.
func TestFiguresByID(t *testing.T) {
	t.Parallel()
	f := &figures{labels: &labels{max: 10, byID: true}}
	f.set("pregnant", figure{id: "123", members: 1})
	f.set("divorced", figure{members: 2})
	f.set("bankrupt", figure{members: 3})
	all := f.collect(time.Now())
	if len(all) != 2 || all["123"].members != 1 || all[labelUnlinked].members != 5 {
		t.Errorf("got %v", all)
	}
}

// Counters keep their series, so the first audiences that are counted have theirs.
func TestLabelsOfCounters(t *testing.T) {
	t.Parallel()
	l := &labels{max: 2}
	var got []string
	for _, key := range []string{"a", "b", "c", "a", "d"} {
		got = append(got, l.ofCounter(key, "id-"+key))
	}
	if want := "[a b other a other]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	l = &labels{max: 2, byID: true}
	if got := l.ofCounter("a", "1") + " " + l.ofCounter("b", ""); got != "1 "+labelUnlinked {
		t.Errorf("by id: %s", got)
	}
}
