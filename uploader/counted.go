package uploader

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"muster/consumer"
	"muster/schema"
)

// counted is what one transaction adds to the counters of records and rows once it
// is committed: what a crash has done again is not counted twice.
type counted struct {
	records  map[string]int64
	rows     map[string]int64
	rejected map[rejectedBy]int64
	beyond   int64
}

// rejectedBy is an audience's label, and why a row of it was rejected.
type rejectedBy struct{ label, reason string }

func (c *counted) record(outcome string) { c.records = plus(c.records, outcome, 1) }

func (c *counted) row(outcome string, n int) { c.rows = plus(c.rows, outcome, int64(n)) }

func (c *counted) reject(label, reason string) {
	c.rejected = plus(c.rejected, rejectedBy{label, reason}, 1)
}

func plus[K comparable](m map[K]int64, key K, n int64) map[K]int64 {
	if m == nil {
		m = make(map[K]int64)
	}
	m[key] += n
	return m
}

func (c *counted) empty() bool {
	return len(c.records) == 0 && len(c.rows) == 0 && len(c.rejected) == 0 && c.beyond == 0
}

// countIn has what was counted since the last call added when tx is committed.
func (t *task) countIn(tx *consumer.Tx) {
	if t.counted.empty() {
		return
	}
	c := t.counted
	t.counted = counted{}
	tx.AfterCommit(func() { t.telemetry.add(&c) })
}

func (t *telemetry) add(c *counted) {
	ctx := context.Background()
	for outcome, n := range c.records {
		attrs := []attribute.KeyValue{keyOutcome.String(outcome)}
		if outcome == recordDeadLetter {
			attrs = append(attrs, keyReason.String(string(schema.BadRecord)))
		}
		t.records.Add(ctx, n, metric.WithAttributes(attrs...))
	}
	for outcome, n := range c.rows {
		t.rowCount.Add(ctx, n, metric.WithAttributes(keyOutcome.String(outcome)))
	}
	for by, n := range c.rejected {
		t.rejectedCount.Add(ctx, n, metric.WithAttributes(keyAudience.String(by.label), keyReason.String(by.reason)))
	}
	if c.beyond > 0 {
		t.beyondCount.Add(ctx, c.beyond)
	}
}
