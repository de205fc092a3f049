package membership

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
	// MetricRecords counts records, each once, by outcome; ignored ones by type,
	// dead letters by reason.
	MetricRecords = "muster.membership.records"
	// MetricDropped counts traits of usable events that were left out, by
	// Facebook key and reason.
	MetricDropped = "muster.membership.dropped_traits"
	// MetricEmissions counts member row sets sent to the uploader.
	MetricEmissions = "muster.membership.emissions"
	// MetricProfiles counts profiles written to the changelog.
	MetricProfiles = "muster.membership.profiles_written"
	// MetricForgotten counts profiles that were forgotten for their age.
	MetricForgotten = "muster.membership.profiles_forgotten"

	AttrOutcome = "outcome"
	AttrType    = "type"
	AttrReason  = "reason"
	AttrKey     = "key"
)

// The outcomes of a record.
const (
	outcomeApplied    = "applied"
	outcomeUnchanged  = "unchanged"
	outcomeIgnored    = "ignored"
	outcomeDeadLetter = "dead_letter"
	outcomeSuppressed = "suppressed" // of a user who was erased for good
)

// outcome is what became of one record. detail is the type of an ignored one,
// the reason of a dead letter.
type outcome struct{ what, detail string }

type droppedTrait struct {
	key    schema.Key
	reason schema.DropReason
}

// telemetry holds the instruments of a process. It is safe for concurrent use.
type telemetry struct {
	records, dropped, emissions, profiles, forgotten metric.Int64Counter
}

func newTelemetry(m metric.Meter) (*telemetry, error) {
	records, err1 := m.Int64Counter(MetricRecords, metric.WithUnit("{record}"),
		metric.WithDescription("Records by what became of them."))
	dropped, err2 := m.Int64Counter(MetricDropped, metric.WithUnit("{trait}"),
		metric.WithDescription("Traits that could not be used."))
	emissions, err3 := m.Int64Counter(MetricEmissions, metric.WithUnit("{emission}"),
		metric.WithDescription("Member row sets sent to the uploader."))
	profiles, err4 := m.Int64Counter(MetricProfiles, metric.WithUnit("{profile}"),
		metric.WithDescription("Profiles written to the changelog."))
	forgotten, err5 := m.Int64Counter(MetricForgotten, metric.WithUnit("{profile}"),
		metric.WithDescription("Profiles forgotten, as nothing was heard of their users for forget_after."))
	return &telemetry{records, dropped, emissions, profiles, forgotten}, errors.Join(err1, err2, err3, err4, err5)
}

// tally counts what one transaction does, to be added once it is committed: a
// batch that is read again after a crash does not count twice.
type tally struct {
	outcomes  map[outcome]int64
	dropped   map[droppedTrait]int64
	emissions int64
	profiles  int64
	forgotten int64
}

func newTally() tally {
	return tally{outcomes: map[outcome]int64{}, dropped: map[droppedTrait]int64{}}
}

func (c *tally) reset() {
	clear(c.outcomes)
	clear(c.dropped)
	c.emissions, c.profiles, c.forgotten = 0, 0, 0
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
	if c.emissions > 0 {
		t.emissions.Add(ctx, c.emissions)
	}
	if c.profiles > 0 {
		t.profiles.Add(ctx, c.profiles)
	}
	if c.forgotten > 0 {
		t.forgotten.Add(ctx, c.forgotten)
	}
}
