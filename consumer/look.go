package consumer

import (
	"context"

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
	partitions := map[string][]int{}
	for topic, n := range counts {
		for p := range n {
			partitions[topic] = append(partitions[topic], p)
		}
	}
	offsets, err := c.groupOffsets(ctx, group, partitions)
	if err != nil {
		return "", err
	}
	for tp, o := range offsets {
		if o.offset >= 0 && (found == "" || tp.topic < found) {
			found = tp.topic
		}
	}
	return found, nil
}
