package consumer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/segmentio/kafka-go"
)

// Existing returns how many partitions those of the topics have that exist.
func (c *Cluster) Existing(ctx context.Context, topics ...string) (map[string]int, error) {
	counts := map[string]int{}
	err := c.retry(ctx, "look for topics", func(ctx context.Context) error {
		// All of them: asking for one by name may create it.
		m, err := c.client.Metadata(ctx, &kafka.MetadataRequest{Topics: nil})
		if err != nil {
			return err
		}
		all := make(map[string]int, len(m.Topics))
		for _, t := range m.Topics {
			all[t.Name] = len(t.Partitions)
		}
		for _, t := range topics {
			if all[t] > 0 {
				counts[t] = all[t]
			}
		}
		return nil
	})
	return counts, err
}

// HasCommitted returns the first of the topics, by name, of which the group has
// committed an offset, "" if there is none. counts are their partitions.
func (c *Cluster) HasCommitted(ctx context.Context, group string, counts map[string]int) (found string, err error) {
	topics := slices.Sorted(maps.Keys(counts))
	err = c.retry(ctx, "read committed offsets of "+group, func(ctx context.Context) error {
		req := &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{}}
		for _, topic := range topics {
			for p := range counts[topic] {
				req.Topics[topic] = append(req.Topics[topic], p)
			}
		}
		if len(req.Topics) == 0 {
			return nil // the request would ask for all topics
		}
		res, err := c.client.OffsetFetch(ctx, req)
		if err == nil {
			err = res.Error
		}
		if errors.Is(err, kafka.GroupIdNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, topic := range topics {
			for _, p := range res.Topics[topic] {
				if p.Error != nil {
					return fmt.Errorf("%s/%d: %w", topic, p.Partition, p.Error)
				}
				if p.CommittedOffset >= 0 {
					found = topic
					return nil
				}
			}
		}
		return nil
	})
	return found, err
}
