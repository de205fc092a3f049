package consumer

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/metric"
)

// TableHealth is what Pebble says of itself. Bytes and counts are of now.
type TableHealth struct {
	DiskBytes, WALBytes, MemTableBytes int64
	// DebtBytes is about what compaction has still to rewrite. Where it only grows, the
	// disk does not keep up with the writes.
	DebtBytes int64
	// L0Files and L0Sublevels are not compacted yet. Pebble has writers wait at 12
	// sublevels.
	L0Files, L0Sublevels int64
	// ReadAmplification is how many places a read may have to look into.
	ReadAmplification int64
}

// Health is a moment of the table; false once it is closed, or its disk has failed. It is
// safe for concurrent use and looks at numbers in memory only.
func (t *Table) Health() (TableHealth, bool) {
	t.health.Lock()
	defer t.health.Unlock()
	if t.closed || t.failed.Load() {
		return TableHealth{}, false // Pebble would panic, or wait
	}
	m := t.db.Metrics()
	return TableHealth{
		DiskBytes: int64(m.DiskSpaceUsage()), WALBytes: int64(m.WAL.Size), MemTableBytes: int64(m.MemTable.Size),
		DebtBytes: int64(m.Compact.EstimatedDebt), L0Files: m.Levels[0].TablesCount, L0Sublevels: int64(m.Levels[0].Sublevels),
		ReadAmplification: int64(m.ReadAmp()),
	}, true
}

// openTables returns the tables of the tasks that have one open, by partition.
func (s *Stage) openTables() map[int]*Table {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := map[int]*Table{}
	for p, t := range s.tasks {
		if table := t.table.Load(); table != nil {
			open[p] = table
		}
	}
	return open
}

// observeTables has the tables' health read whenever metrics are collected.
func (m meters) observeTables(meter metric.Meter, s *Stage) error {
	var errs []error
	gauge := func(name, unit, description string) metric.Int64ObservableGauge {
		g, err := meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(description))
		errs = append(errs, err)
		return g
	}
	disk := gauge(metricTableDisk, "By", "Disk space of a task's table.")
	wal := gauge(metricTableWAL, "By", "Size of the table's write-ahead log.")
	memory := gauge(metricTableMemory, "By", "Memory of the table's memtables.")
	debt := gauge(metricTableDebt, "By", "About what compaction has still to rewrite.")
	files := gauge(metricTableFiles, "{file}", "Files of the table that are not compacted yet (level 0).")
	sublevels := gauge(metricTableSublevels, "{sublevel}", "Sublevels of level 0; writers wait at 12.")
	reads := gauge(metricTableReads, "{level}", "Places that a read may have to look into.")
	_, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for partition, table := range s.openTables() {
			h, open := table.Health()
			if !open {
				continue
			}
			of := m.attrs(partition)
			o.ObserveInt64(disk, h.DiskBytes, of)
			o.ObserveInt64(wal, h.WALBytes, of)
			o.ObserveInt64(memory, h.MemTableBytes, of)
			o.ObserveInt64(debt, h.DebtBytes, of)
			o.ObserveInt64(files, h.L0Files, of)
			o.ObserveInt64(sublevels, h.L0Sublevels, of)
			o.ObserveInt64(reads, h.ReadAmplification, of)
		}
		return nil
	}, disk, wal, memory, debt, files, sublevels, reads)
	return errors.Join(append(errs, err)...)
}
