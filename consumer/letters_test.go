package consumer_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"muster/consumer"
)

// picky is a stage that can use no record.
type picky struct{ consumer.Processor }

func (picky) Process(_ context.Context, tx *consumer.Tx, records []consumer.Record) error {
	for _, r := range records {
		tx.DeadLetter(consumer.DeadLetter{Reason: "test", Topic: r.Topic, Partition: r.Partition, Offset: r.Offset})
	}
	return nil
}

// committed is what the group has committed of a topic's partition 0, -1 for
// nothing.
func (w *world) committed(topic string) int64 {
	w.t.Helper()
	res, err := w.cluster.Client().OffsetFetch(w.t.Context(), &kafka.OffsetFetchRequest{GroupID: "g", Topics: map[string][]int{topic: {0}}})
	if err != nil || res.Error != nil || len(res.Topics[topic]) != 1 {
		w.t.Fatal(err, res)
	}
	return res.Topics[topic][0].CommittedOffset
}

// A dead letter is acknowledged before its record's offset is committed (I7): while
// brokers refuse it the record counts as unread, and a refusal for good is tried
// again with the record.
func TestDeadLettersComeBeforeOffsets(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]*kerr.Error{"for a while": kerr.NotEnoughReplicas, "for good": kerr.MessageTooLarge} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.topics(1)
				refused := w.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dead", Err: refusal, Count: -1})
				r := w.start(vfs.NewMem(), func(o *consumer.StageOptions) {
					made := o.New
					o.New = func(i consumer.TaskInfo) (consumer.Processor, error) {
						p, err := made(i)
						return picky{p}, err
					}
				})
				w.produce(1, 5)
				w.await("a refusal", func() bool { return refused.Hits() > 0 })
				time.Sleep(time.Minute)
				if at := w.committed("in"); at > 0 {
					t.Errorf("offset %d is committed, and nobody has its dead letter", at)
				}
				refused.Remove()
				w.settle(1, r)
				r.stop()
				if at := w.committed("in"); at != 5 {
					t.Errorf("offset %d is committed, want 5", at)
				}
				end := w.ends("dead")
				if end != 10 {
					t.Errorf("%d dead letters, want one for each record", end)
				}
			})
		})
	}
}

// ends is the offset after the last record of a topic's partition 0.
func (w *world) ends(topic string) int64 {
	w.t.Helper()
	_, end, err := w.cluster.Bounds(w.t.Context(), topic, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return end
}
