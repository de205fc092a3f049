package consumer

import (
	"context"
	"errors"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Names of the engine's telemetry and its attributes. Beside them the spans have
// those of OpenTelemetry's conventions for messaging. No attribute has anything of
// a record but its coordinates (I8).
const (
	opPoll    = "poll"
	opProcess = "process"

	metricLag            = "muster.task.lag"
	metricRestored       = "muster.task.restore.remaining"
	metricRunning        = "muster.task.running"
	metricCommitDuration = "muster.commit.duration"
	metricFenced         = "muster.task.fenced"
	metricRepaired       = "muster.task.repaired"
	metricUnfenced       = "muster.task.unfenced"
	metricLost           = "muster.source.lost"
	metricDataLoss       = "muster.task.data_loss"

	metricTableDisk      = "muster.table.disk_usage"
	metricTableWAL       = "muster.table.wal_size"
	metricTableMemory    = "muster.table.memtable_size"
	metricTableDebt      = "muster.table.compaction_debt"
	metricTableFiles     = "muster.table.l0_files"
	metricTableSublevels = "muster.table.l0_sublevels"
	metricTableReads     = "muster.table.read_amplification"

	attrStage     = "muster.stage"
	attrTopic     = "messaging.destination.name"
	attrPartition = "messaging.destination.partition.id"
)

type meters struct {
	stage    metric.MeasurementOption
	name     string
	commit   metric.Float64Histogram
	fenced   metric.Int64Counter
	repaired metric.Int64Counter
	lost     metric.Int64Counter
}

func newMeters(m metric.Meter, s *Stage) (meters, error) {
	var errs []error
	keep := func(err error) { errs = append(errs, err) }
	out := meters{name: s.o.Name, stage: metric.WithAttributes(attribute.String(attrStage, s.o.Name))}
	var err error
	out.commit, err = m.Float64Histogram(metricCommitDuration, metric.WithUnit("s"),
		metric.WithDescription("Time to collect, apply and commit one batch of records."),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))
	keep(err)
	out.fenced, err = m.Int64Counter(metricFenced, metric.WithDescription("Times an owner was shut out by a newer one."))
	keep(err)
	out.repaired, err = m.Int64Counter(metricRepaired, metric.WithUnit("{key}"),
		metric.WithDescription("Keys written again because the changelog had stray records of them."))
	keep(err)
	out.lost, err = m.Int64Counter(metricLost, metric.WithUnit("{record}"),
		metric.WithDescription("Records skipped because the topic no longer had them (on_data_loss: continue)."))
	keep(err)
	unfenced, err := m.Int64ObservableGauge(metricUnfenced,
		metric.WithDescription("1 while brokers grant the task no transactional id, so that a former owner is noticed but not shut out, else 0."))
	keep(err)
	stopped, err := m.Int64ObservableGauge(metricDataLoss, metric.WithDescription("1 while the task is stopped by lost records until somebody decides, else 0."))
	keep(err)
	lag, err := m.Int64ObservableGauge(metricLag, metric.WithUnit("{record}"), metric.WithDescription("Records not yet applied, per input partition."))
	keep(err)
	restore, err := m.Int64ObservableGauge(metricRestored, metric.WithUnit("{record}"), metric.WithDescription("Changelog positions still to restore."))
	keep(err)
	running, err := m.Int64ObservableGauge(metricRunning, metric.WithDescription("1 while the task runs, 0 while it restores, drains or is stopped."))
	keep(err)
	_, err = m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, t := range s.Status().Tasks {
			attrs := out.attrs(t.Partition)
			for topic, n := range t.Lag {
				o.ObserveInt64(lag, n, attrs, topicAttr(topic))
			}
			o.ObserveInt64(restore, t.RestoreTotal-t.RestoreDone, attrs)
			o.ObserveInt64(running, number(t.State == StateRunning), attrs)
			o.ObserveInt64(stopped, number(t.State == StateDataLoss), attrs)
			o.ObserveInt64(unfenced, number(t.Guard.Unfenced()), attrs)
		}
		return nil
	}, lag, restore, running, stopped, unfenced)
	keep(err)
	keep(out.observeTables(m, s))
	return out, errors.Join(errs...)
}

// number is 1 for yes.
func number(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

func (m meters) attrs(partition int) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String(attrStage, m.name), attribute.String(attrPartition, strconv.Itoa(partition)))
}

func topicAttr(topic string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String(attrTopic, topic))
}
