package uploader

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// figures are the gauges of the audiences whose tasks are in this process, read
// whenever metrics are collected: an audience that moves to another replica, or is
// forgotten, takes its series along. Beyond as many as labels allow they are summed
// up as one, ages by the oldest. It is shared by tasks and safe for concurrent use.
type figures struct {
	labels *labels

	mu    sync.Mutex
	of    map[string]figure // by key
	named map[string]bool   // the keys that have series of their own
}

// figure is what is measured of one audience.
type figure struct {
	id                     string
	members, pending, rows int64
	owed, erasing, overdue int64
	blocked                int64
	unsentSince            time.Time     // zero: all is sent
	unsent                 time.Duration // of it, when collected
}

func (f *figure) add(o *figure) {
	f.members += o.members
	f.pending += o.pending
	f.rows += o.rows
	f.owed += o.owed
	f.erasing += o.erasing
	f.overdue += o.overdue
	f.blocked += o.blocked
	f.unsent = max(f.unsent, o.unsent)
}

func (f *figures) set(key string, now figure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of, f.named = make(map[string]figure), make(map[string]bool)
	}
	f.of[key] = now
}

func (f *figures) remove(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of, key)
	delete(f.named, key)
}

// collect returns the figures by label.
func (f *figures) collect(now time.Time) map[string]*figure {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make(map[string]*figure)
	for _, key := range slices.Sorted(maps.Keys(f.of)) {
		one := f.of[key]
		if !one.unsentSince.IsZero() {
			one.unsent = max(now.Sub(one.unsentSince), 0)
		}
		label := labelOther
		if f.named[key] || len(f.named) < f.labels.max {
			f.named[key] = true // and stays so: a series must not change what it is of
			if label = f.labels.name(key, one.id); label == "" {
				label = labelUnlinked
			}
		}
		if all[label] == nil {
			all[label] = new(figure)
		}
		all[label].add(&one)
	}
	return all
}

// observe has the figures read whenever metrics are collected.
func (f *figures) observe(meter metric.Meter) error {
	var errs []error
	gauge := func(name, unit, description string) metric.Int64ObservableGauge {
		g, err := meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(description))
		errs = append(errs, err)
		return g
	}
	members := gauge(metricMembers, "{member}", "Users in the audience.")
	pending := gauge(metricPending, "{member}", "Members with something to send.")
	rows := gauge(metricPendRows, "{row}", "Rows to add and to remove.")
	owed := gauge(metricOwed, "{member}", "Members whose removal Facebook refuses.")
	erasing := gauge(metricErasing, "{member}", "Members of erased users of whom Facebook may still hold rows.")
	overdue := gauge(metricOverdue, "{member}", "Of them, those pending for longer than erase.overdue_after.")
	blocked := gauge(metricBlockedIs, "{audience}", "1 while nothing is sent until a person acts.")
	unsent, err := meter.Float64ObservableGauge(metricUnsent, metric.WithUnit("s"), metric.WithDescription("Age of the oldest change that is not in Facebook."))
	errs = append(errs, err)
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for label, x := range f.collect(time.Now()) {
			of := metric.WithAttributes(keyAudience.String(label))
			o.ObserveInt64(members, x.members, of)
			o.ObserveInt64(pending, x.pending, of)
			o.ObserveInt64(rows, x.rows, of)
			o.ObserveInt64(owed, x.owed, of)
			o.ObserveInt64(erasing, x.erasing, of)
			o.ObserveInt64(overdue, x.overdue, of)
			o.ObserveInt64(blocked, x.blocked, of)
			o.ObserveFloat64(unsent, x.unsent.Seconds(), of)
		}
		return nil
	}, members, pending, rows, owed, erasing, overdue, blocked, unsent)
	return errors.Join(append(errs, err)...)
}

// figure is what is measured of an audience now.
func (t *task) figure(a *audience) figure {
	f := figure{
		id: a.row.FacebookId, members: a.counts.members, pending: a.counts.pending, rows: a.counts.pendingRows,
		owed: a.counts.owed, erasing: a.counts.erasing, blocked: one(t.blockOf(a) != nil),
	}
	if f.erasing > 0 {
		f.overdue = a.overdue.count
	}
	if f.pending > 0 && len(t.pausedBy(a)) == 0 { // what somebody keeps back is not late
		f.unsentSince = a.unsentSince
	}
	return f
}
