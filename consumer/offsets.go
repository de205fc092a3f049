package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// startOffset returns the offset of the oldest record of a partition.
func (c *Cluster) startOffset(ctx context.Context, topic string, partition int) (int64, error) {
	return c.listOffset(ctx, "find start", topic, kafka.FirstOffsetOf(partition), func(p kafka.PartitionOffsets) int64 { return p.FirstOffset })
}

// endOffset returns the offset after the newest record of a partition.
func (c *Cluster) endOffset(ctx context.Context, topic string, partition int) (int64, error) {
	return c.listOffset(ctx, "find end", topic, kafka.LastOffsetOf(partition), func(p kafka.PartitionOffsets) int64 { return p.LastOffset })
}

// offsetAt returns the offset of the first record not older than t, the end of
// the partition when there is none. A time before 1970 is the start: Kafka gives
// -1 and -2, milliseconds before it, meanings of their own, the first being the end.
func (c *Cluster) offsetAt(ctx context.Context, topic string, partition int, t time.Time) (int64, error) {
	if t.UnixMilli() < 0 {
		return c.startOffset(ctx, topic, partition)
	}
	found, err := c.listOffset(ctx, "find time", topic, kafka.TimeOffsetOf(partition, t), func(p kafka.PartitionOffsets) int64 {
		for o := range p.Offsets {
			return o
		}
		return -1
	})
	if err != nil || found >= 0 {
		return found, err
	}
	return c.endOffset(ctx, topic, partition)
}

func (c *Cluster) listOffset(ctx context.Context, op, topic string, r kafka.OffsetRequest, pick func(kafka.PartitionOffsets) int64) (offset int64, err error) {
	err = c.retry(ctx, fmt.Sprintf("%s of %s/%d", op, topic, r.Partition), func(ctx context.Context) error {
		res, err := c.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
			Topics: map[string][]kafka.OffsetRequest{topic: {r}},
		})
		if err != nil {
			return err
		}
		for _, p := range res.Topics[topic] {
			if p.Partition == r.Partition {
				offset = pick(p)
				return p.Error
			}
		}
		return errNoAnswer
	})
	return offset, err
}

// errNoAnswer: the broker left the partition out of its answer.
var errNoAnswer = errors.New("partition missing in the broker's answer")
