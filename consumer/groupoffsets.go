package consumer

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// groupOffset is what a group has committed of one partition.
type groupOffset struct {
	offset int64 // negative for none
	lost   bool  // a task stopped here: see lossMark
}

// groupOffsets reads what a group has committed of the partitions of topics, all
// of them. A group that never existed has committed nothing; some brokers say
// so by an error.
func (c *Cluster) groupOffsets(ctx context.Context, group string, topics map[string][]int) (map[topicPartition]groupOffset, error) {
	offsets := map[topicPartition]groupOffset{}
	for topic, partitions := range topics {
		for _, p := range partitions {
			offsets[topicPartition{topic, p}] = groupOffset{offset: NoOffset}
		}
	}
	if len(offsets) == 0 {
		return offsets, nil // the request would ask for all topics
	}
	err := c.retry(ctx, "read committed offsets of "+group, func(ctx context.Context) error {
		res, err := c.client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: topics})
		if err == nil {
			err = res.Error
		}
		if errors.Is(err, kafka.GroupIdNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		answered := 0
		for topic, ps := range res.Topics {
			for _, p := range ps {
				if p.Error != nil {
					return fmt.Errorf("%s/%d: %w", topic, p.Partition, p.Error)
				}
				answered++
				offsets[topicPartition{topic, p.Partition}] = groupOffset{max(p.CommittedOffset, NoOffset), p.Metadata == lossMark}
			}
		}
		if answered != len(offsets) {
			return errNoAnswer
		}
		return nil
	})
	return offsets, err
}
