package consumer

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// Message is a record that Append writes.
type Message struct{ Key, Value []byte }

// Append writes messages to one partition in order, waits until all in-sync
// replicas have them, and returns how many it wrote before an error, if any. It is
// neither fenced nor idempotent: after a lost answer messages may be there
// twice. It is for tools, not for tasks.
func (c *Cluster) Append(ctx context.Context, topic string, partition int, messages []Message) (written int, err error) {
	for written < len(messages) {
		n := appendLength(messages[written:])
		if err := c.append(ctx, topic, partition, messages[written:written+n]); err != nil {
			return written, err
		}
		written += n
	}
	return written, nil
}

// maxAppendBytes keeps a request below the smallest usual message.max.bytes, 1 MB.
const maxAppendBytes = 512 << 10

func appendLength(messages []Message) int {
	size := 0
	for i, m := range messages {
		if size += len(m.Key) + len(m.Value) + 24; size > maxAppendBytes && i > 0 {
			return i
		}
	}
	return len(messages)
}

func (c *Cluster) append(ctx context.Context, topic string, partition int, messages []Message) error {
	return c.retry(ctx, fmt.Sprintf("produce to %s/%d", topic, partition), func(ctx context.Context) error {
		records := make([]kafka.Record, len(messages)) // a try uses them up
		for i, m := range messages {
			records[i] = kafka.Record{Key: protocol.NewBytes(m.Key), Value: protocol.NewBytes(m.Value)}
		}
		res, err := c.client.Produce(ctx, &kafka.ProduceRequest{
			Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
		})
		if err != nil {
			return err
		}
		return res.Error
	})
}
