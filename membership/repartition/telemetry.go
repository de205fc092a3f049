package repartition

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"muster/schema"
)

// The stage's instruments and their attributes. No attribute ever names a user,
// an identifier or a hash of one (I8).
const (
	// MetricRecords counts source records, each once, by outcome; ignored ones by
	// type, dead letters by reason.
	MetricRecords = "muster.repartition.records"
	// MetricDropped counts traits of usable events that were left out, by
	// Facebook key and reason.
	MetricDropped = "muster.repartition.dropped_traits"
	// MetricEvents counts events written, one for each user.
	MetricEvents = "muster.repartition.events"

	AttrOutcome = "outcome"
	AttrType    = "type"
	AttrReason  = "reason"
	AttrKey     = "key"
)

// The outcomes of a record.
const (
	outcomeRelayed    = "relayed"
	outcomeIgnored    = "ignored"
	outcomeDeadLetter = "dead_letter"
)

// outcome is what became of a record; detail is the type of an ignored record
// or the reason of a dead letter.
type outcome struct{ what, detail string }

type droppedTrait struct {
	key    schema.Key
	reason schema.DropReason
}

// telemetry holds the instruments of a stage. It is safe for concurrent use.
type telemetry struct {
	records, dropped, events metric.Int64Counter
}

func newTelemetry(m metric.Meter) (*telemetry, error) {
	records, err1 := m.Int64Counter(MetricRecords, metric.WithUnit("{record}"),
		metric.WithDescription("Source records by what became of them."))
	dropped, err2 := m.Int64Counter(MetricDropped, metric.WithUnit("{trait}"),
		metric.WithDescription("Traits that could not be used."))
	events, err3 := m.Int64Counter(MetricEvents, metric.WithUnit("{event}"),
		metric.WithDescription("Events written to the topic keyed by user."))
	return &telemetry{records, dropped, events}, errors.Join(err1, err2, err3)
}

// tally counts what one transaction does, to be added once it is committed: a
// batch that is read again after a crash does not count twice.
type tally struct {
	outcomes map[outcome]int64
	dropped  map[droppedTrait]int64
	events   int64
}

func newTally() tally {
	return tally{outcomes: map[outcome]int64{}, dropped: map[droppedTrait]int64{}}
}

func (c *tally) reset() {
	clear(c.outcomes)
	clear(c.dropped)
	c.events = 0
}

// add counts a committed tally.
func (t *telemetry) add(c *tally) {
	ctx := context.Background()
	for o, n := range c.outcomes {
		attrs := []attribute.KeyValue{attribute.String(AttrOutcome, o.what)}
		switch o.what {
		case outcomeIgnored:
			attrs = append(attrs, attribute.String(AttrType, o.detail))
		case outcomeDeadLetter:
			attrs = append(attrs, attribute.String(AttrReason, o.detail))
		}
		t.records.Add(ctx, n, metric.WithAttributes(attrs...))
	}
	for d, n := range c.dropped {
		t.dropped.Add(ctx, n, metric.WithAttributes(
			attribute.String(AttrKey, d.key.String()), attribute.String(AttrReason, string(d.reason))))
	}
	if c.events > 0 {
		t.events.Add(ctx, c.events)
	}
}
