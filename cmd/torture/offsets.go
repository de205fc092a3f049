package main

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// offsets are by topic and partition.
type offsets map[string]map[int]int64

// partitionCount is how many partitions of how many topics these are.
func (o offsets) partitionCount() (n int) {
	for _, ps := range o {
		n += len(ps)
	}
	return n
}

// each visits every partition.
func (o offsets) each(do func(topic string, partition int, offset int64)) {
	for topic, ps := range o {
		for p, at := range ps {
			do(topic, p, at)
		}
	}
}

func (o offsets) set(topic string, partition int, offset int64) {
	if o[topic] == nil {
		o[topic] = make(map[int]int64)
	}
	o[topic][partition] = offset
}

// listOffsets finds the offset that a request stands for in every partition.
func listOffsets(ctx context.Context, client *kafka.Client, topics []string, partitions int, of func(partition int) kafka.OffsetRequest) (offsets, error) {
	req := &kafka.ListOffsetsRequest{Topics: make(map[string][]kafka.OffsetRequest)}
	for _, topic := range topics {
		for p := range partitions {
			req.Topics[topic] = append(req.Topics[topic], of(p))
		}
	}
	res, err := client.ListOffsets(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("list offsets: %w", err)
	}
	found := make(offsets)
	for topic, ps := range res.Topics {
		for _, p := range ps {
			if p.Error != nil {
				return nil, fmt.Errorf("list offsets of %s/%d: %w", topic, p.Partition, p.Error)
			}
			at := p.LastOffset
			for o := range p.Offsets {
				at = o
			}
			found.set(topic, p.Partition, at)
		}
	}
	if n := found.partitionCount(); n != len(topics)*partitions {
		return nil, fmt.Errorf("list offsets: the brokers answered for %d of %d partitions", n, len(topics)*partitions)
	}
	return found, nil
}

// committed are a group's offsets; -1 where it has none.
func committed(ctx context.Context, client *kafka.Client, group string, topics []string, partitions int) (offsets, error) {
	req := &kafka.OffsetFetchRequest{GroupID: group, Topics: make(map[string][]int)}
	for _, topic := range topics {
		for p := range partitions {
			req.Topics[topic] = append(req.Topics[topic], p)
		}
	}
	res, err := client.OffsetFetch(ctx, req)
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return nil, fmt.Errorf("read offsets of %s: %w", group, err)
	}
	found := make(offsets)
	for topic, ps := range res.Topics {
		for _, p := range ps {
			if p.Error != nil {
				return nil, fmt.Errorf("read offsets of %s: %w", group, p.Error)
			}
			found.set(topic, p.Partition, p.CommittedOffset)
		}
	}
	if n := found.partitionCount(); n != len(topics)*partitions {
		return nil, fmt.Errorf("read offsets of %s: the brokers answered for %d of %d partitions", group, n, len(topics)*partitions)
	}
	return found, nil
}

// commit sets the offsets of a group without members, as Kafka's own tool does.
func commit(ctx context.Context, client *kafka.Client, group string, to offsets) error {
	req := &kafka.OffsetCommitRequest{GroupID: group, GenerationID: -1, Topics: make(map[string][]kafka.OffsetCommit)}
	to.each(func(topic string, partition int, offset int64) {
		req.Topics[topic] = append(req.Topics[topic], kafka.OffsetCommit{Partition: partition, Offset: offset})
	})
	res, err := client.OffsetCommit(ctx, req)
	if err != nil {
		return fmt.Errorf("set offsets of %s: %w", group, err)
	}
	for topic, ps := range res.Topics {
		for _, p := range ps {
			if p.Error != nil {
				return fmt.Errorf("set offsets of %s on %s/%d: %w", group, topic, p.Partition, p.Error)
			}
		}
	}
	return nil
}

// lag is how many records of the topics the group has not committed.
func lag(ctx context.Context, client *kafka.Client, group string, topics []string, partitions int) (int64, error) {
	ends, err := listOffsets(ctx, client, topics, partitions, kafka.LastOffsetOf)
	if err != nil {
		return 0, err
	}
	at, err := committed(ctx, client, group, topics, partitions)
	if err != nil {
		return 0, err
	}
	var n int64
	ends.each(func(topic string, p int, end int64) { n += end - max(0, at[topic][p]) })
	return n, nil
}

// timeOf asks for the first record not older than t.
func timeOf(t time.Time) func(int) kafka.OffsetRequest {
	return func(p int) kafka.OffsetRequest { return kafka.TimeOffsetOf(p, t) }
}
