package membership

import (
	"bytes"
	"context"
	"time"

	"muster/consumer"
)

// task is the stage's work on one partition. Its fields are used again from
// call to call; it belongs to the task's goroutine.
type task struct {
	*stage
	partition uint32
	reader    reader

	batch         batch
	merge         merge
	before, after view
	tally         tally
	sweep         sweep
	aging         aging
}

var (
	_ consumer.Processor = (*task)(nil)
	_ consumer.Restorer  = (*task)(nil)
)

// Start compares what decides the rows with what did when the last owner was
// done. A difference has Tick emit every member anew. Until then no fingerprint
// holds: an owner that stops half way, or goes back to the former options, must
// not leave a mixture behind.
func (t *task) Start(_ context.Context, tx *consumer.Tx, s consumer.Start) error {
	t.aging.rest()
	if bytes.Equal(s.Fingerprint, t.fingerprint) {
		return nil
	}
	t.sweep = sweep{active: true}
	if len(s.Fingerprint) > 0 {
		tx.SetFingerprint(nil)
	}
	return nil
}

// Process decodes the records, merges them user by user and emits what changed.
func (t *task) Process(_ context.Context, tx *consumer.Tx, records []consumer.Record) error {
	t.tally.reset()
	t.clock()
	t.batch.reset(records)
	for i := range records {
		if records[i].Replay {
			t.aging.rest()
		}
		t.decode(i)
	}
	for i := range t.batch.users {
		if err := t.user(tx, &t.batch.users[i]); err != nil {
			return err
		}
	}
	t.settle(tx)
	return nil
}

// Tick finishes erasures, emits members anew after a change of rules and looks for
// profiles to forget, a slice of each at a time.
func (t *task) Tick(_ context.Context, tx *consumer.Tx) (next time.Time, err error) {
	t.tally.reset()
	t.clock()
	erasures, err := t.finishErasures(tx)
	if err != nil {
		return time.Time{}, err
	}
	members, err := t.emitSlice(tx)
	if err != nil {
		return time.Time{}, err
	}
	next, err = t.age(tx)
	if err != nil {
		return time.Time{}, err
	}
	if t.tally.emissions+t.tally.profiles+t.tally.forgotten > 0 {
		tx.AfterCommit(func() { t.telemetry.add(&t.tally) })
	}
	if erasures || members {
		return time.Now(), nil
	}
	return next, nil
}

// Wake returns nil: nothing happens outside the task.
func (t *task) Wake() <-chan struct{} { return nil }

// Busy is false: nothing happens outside the task.
func (t *task) Busy() bool { return false }

// Stop has nothing to stop.
func (t *task) Stop() {}

// Close has nothing to release.
func (t *task) Close() {}
