package repartition

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"

	"muster/consumer"
	"muster/schema"
)

// maxKeptBytes is how much memory a task keeps from one batch to the next.
const maxKeptBytes = 4 << 20

// New returns what makes the stage's part of a task. Mistakes in the options
// come back from there, all at once.
func New(o Options) func(consumer.TaskInfo) (consumer.Processor, error) {
	err := o.complete()
	var instruments *telemetry
	if err == nil {
		instruments, err = newTelemetry(o.Meter)
	}
	return func(consumer.TaskInfo) (consumer.Processor, error) {
		if err != nil {
			return nil, fmt.Errorf("check repartition options: %w", err)
		}
		d, err := schema.NewDecoder(o.Decoder)
		if err != nil {
			return nil, fmt.Errorf("check repartition options: %w", err)
		}
		return &task{
			topic: o.EventsTopic, partitions: o.EventsPartitions,
			decoder: d, keyer: schema.NewUserKeyer(o.Decoder.UserKeySecret),
			telemetry: instruments, tally: newTally(),
		}, nil
	}
}

// task is the stage's work on one partition. Its fields are used again from
// call to call; it belongs to the task's goroutine.
type task struct {
	topic      string
	partitions int
	decoder    *schema.Decoder
	keyer      *schema.UserKeyer
	telemetry  *telemetry

	encoder schema.EventEncoder
	// values holds the encoded events of the transaction at hand. Emissions are
	// slices of it, dead once that one is committed.
	values []byte
	tally  tally
}

var _ consumer.Processor = (*task)(nil)

// Process writes the events of each record to their users' partitions.
func (t *task) Process(_ context.Context, tx *consumer.Tx, records []consumer.Record) error {
	t.tally.reset()
	if t.values = t.values[:0]; cap(t.values) > maxKeptBytes {
		t.values = nil
	}
	for i := range records {
		t.record(tx, &records[i])
	}
	tx.AfterCommit(func() { t.telemetry.add(&t.tally) })
	return nil
}

func (t *task) record(tx *consumer.Tx, r *consumer.Record) {
	d := t.decoder.Decode(schema.SourceRecord{
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Time, Key: r.Key, Value: r.Value,
	})
	switch {
	case d.DeadLetter != "":
		t.tally.outcomes[outcome{outcomeDeadLetter, string(d.DeadLetter)}]++
		t.deadLetter(tx, r, d.DeadLetter)
		return
	case d.Ignored != "":
		t.tally.outcomes[outcome{outcomeIgnored, d.Ignored}]++
		return
	}
	t.tally.outcomes[outcome{what: outcomeRelayed}]++
	origin := schema.Origin{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Time, Size: len(r.Value)}
	trace := consumer.TraceOf(r.Headers)
	for i := range d.Events {
		e := &d.Events[i]
		for _, dropped := range e.Dropped {
			t.tally.dropped[droppedTrait{dropped.Key, dropped.Reason}]++
		}
		t.emit(tx, &e.User, e, origin, trace)
		if e.Erase && e.AlsoErase != (schema.UserKey{}) {
			t.emit(tx, &e.AlsoErase, e, origin, trace)
		}
	}
}

func (t *task) emit(tx *consumer.Tx, user *schema.UserKey, e *schema.Event, o schema.Origin, trace []kafka.Header) {
	at := len(t.values)
	t.values = t.encoder.Append(t.values, e, o)
	tx.Emit(consumer.Emission{
		Topic: t.topic, Partition: schema.UserPartition(*user, t.partitions),
		Key: user[:], Value: t.values[at:len(t.values):len(t.values)], Headers: trace,
	})
	t.tally.events++
}

// deadLetter notes a record by its coordinates. Its key is named by a keyed
// hash: for a record keyed by a userId the beginning of the user's key (I8).
func (t *task) deadLetter(tx *consumer.Tx, r *consumer.Record, reason schema.DeadLetterReason) {
	tx.DeadLetter(consumer.DeadLetter{
		Reason: string(reason), Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Size: len(r.Value),
		KeyHash: t.keyer.Short(r.Key),
	})
}

// Start has nothing to prepare: a task keeps nothing.
func (t *task) Start(context.Context, *consumer.Tx, consumer.Start) error { return nil }

// Tick has nothing to do between batches.
func (t *task) Tick(context.Context, *consumer.Tx) (time.Time, error) { return time.Time{}, nil }

// Wake returns nil: nothing happens outside the task.
func (t *task) Wake() <-chan struct{} { return nil }

// Busy is false: nothing happens outside the task.
func (t *task) Busy() bool { return false }

// Stop has nothing to stop.
func (t *task) Stop() {}

// Close has nothing to release.
func (t *task) Close() {}
