package membership

import (
	"muster/consumer"
	"muster/schema"
)

// settle gives each record of the batch its one outcome: counted, and noted in
// the dead letters where it could not be used (I7).
func (t *task) settle(tx *consumer.Tx) {
	for i, o := range t.batch.outcomes {
		t.tally.outcomes[o]++
		if o.what == outcomeDeadLetter {
			t.deadLetter(tx, i, o.detail, t.batch.remedies[i])
		}
	}
	tx.AfterCommit(func() { t.telemetry.add(&t.tally) })
}

// deadLetter notes record i by its coordinates in its source.
func (t *task) deadLetter(tx *consumer.Tx, i int, reason, remedy string) {
	o := t.batch.origins[i]
	tx.DeadLetter(consumer.DeadLetter{
		Reason: reason, Topic: o.Topic, Partition: o.Partition, Offset: o.Offset, Size: o.Size,
		KeyHash: t.reader.keyHash(&t.batch.records[i]),
	})
	if reason == string(schema.NotKeyed) {
		tx.AfterCommit(func() { t.alarm.notKeyed(o, remedy) })
	}
}
