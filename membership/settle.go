package membership

import (
	"encoding/hex"

	"muster/consumer"
	"muster/schema"
)

// keyHashBytes is how much of a record key's hash a dead letter names.
const keyHashBytes = 8

// settle gives each record of the batch its one outcome: counted, and noted in
// the dead letters where it could not be used (I7).
func (t *task) settle(tx *consumer.Tx) {
	for i, o := range t.batch.outcomes {
		t.tally.outcomes[o]++
		if o.what == outcomeDeadLetter {
			t.deadLetter(tx, &t.batch.records[i], o.detail, t.batch.remedies[i])
		}
	}
	tx.AfterCommit(func() { t.telemetry.add(&t.tally) })
}

// deadLetter notes a record by its coordinates. Its key is named by a keyed
// hash: for a record keyed by a userId the beginning of the user's key (I8).
func (t *task) deadLetter(tx *consumer.Tx, r *consumer.Record, reason, remedy string) {
	d := consumer.DeadLetter{
		Reason: reason, Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Size: len(r.Value),
	}
	if r.Key != nil {
		key := t.keyer.Key(string(r.Key))
		d.KeyHash = hex.EncodeToString(key[:keyHashBytes])
	}
	tx.DeadLetter(d)
	if reason == string(schema.NotKeyed) {
		where := consumer.Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}
		tx.AfterCommit(func() { t.alarm.notKeyed(&where, remedy) })
	}
}
