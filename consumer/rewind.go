package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/segmentio/kafka-go"
)

// NoOffset is the offset of a partition for which a group never committed one.
const NoOffset int64 = -1

// RewindTarget says where a group's offsets are to go.
type RewindTarget struct {
	// Time, unless zero, is a moment: the first record not older, the end of the
	// partition when there is none.
	Time time.Time
	// Offset, unless nil, is an offset, moved into the partition where it is
	// outside. Without either the target is the earliest record.
	Offset *int64
}

// Move is what a rewind does to one partition.
type Move struct {
	Topic     string
	Partition int
	From      int64 // NoOffset when the group never committed here
	To        int64
	Start     int64 // of the partition, when it was looked at
	End       int64
}

// Again is how many offsets are read again.
func (m Move) Again() int64 {
	if m.From == NoOffset {
		return 0
	}
	return max(min(m.From, m.End)-m.To, 0)
}

// Skipped is how many offsets are never read. A group that never committed would
// have begun at the earliest.
func (m Move) Skipped() int64 { return max(m.To-max(m.From, m.Start), 0) }

// PlanRewind says where the offsets of a group would go, partition by partition
// of the topics, and changes nothing. A nil partition means all. It ends where
// kafka-consumer-groups.sh --reset-offsets does with --to-earliest,
// --to-datetime and --to-offset.
func (c *Cluster) PlanRewind(ctx context.Context, group string, topics []string, partition *int, to RewindTarget) ([]Move, error) {
	counts, err := c.Partitions(ctx, topics...)
	if err != nil {
		return nil, err
	}
	var moves []Move
	for _, topic := range topics {
		for p := range counts[topic] {
			if partition == nil || *partition == p {
				moves = append(moves, Move{Topic: topic, Partition: p, From: NoOffset})
			}
		}
		if partition != nil && (*partition < 0 || *partition >= counts[topic]) {
			return nil, fmt.Errorf("topic %q has no partition %d: it has 0 to %d", topic, *partition, counts[topic]-1)
		}
	}
	if err := c.fillCommitted(ctx, group, moves); err != nil {
		return nil, err
	}
	for i := range moves {
		if err := c.aim(ctx, &moves[i], to); err != nil {
			return nil, err
		}
	}
	return moves, nil
}

// fillCommitted sets where the group stands.
func (c *Cluster) fillCommitted(ctx context.Context, group string, moves []Move) error {
	partitions := map[string][]int{}
	for _, m := range moves {
		partitions[m.Topic] = append(partitions[m.Topic], m.Partition)
	}
	offsets, err := c.groupOffsets(ctx, group, partitions)
	if err != nil {
		return err
	}
	for i, m := range moves {
		moves[i].From = offsets[topicPartition{m.Topic, m.Partition}].offset
	}
	return nil
}

// aim sets where a partition's offset goes.
func (c *Cluster) aim(ctx context.Context, m *Move, to RewindTarget) (err error) {
	if m.Start, err = c.startOffset(ctx, m.Topic, m.Partition); err != nil {
		return err
	}
	if m.End, err = c.endOffset(ctx, m.Topic, m.Partition); err != nil {
		return err
	}
	switch {
	case to.Offset != nil:
		m.To = min(max(*to.Offset, m.Start), m.End)
	case !to.Time.IsZero():
		m.To, err = c.offsetAt(ctx, m.Topic, m.Partition, to.Time)
	default:
		m.To = m.Start
	}
	return err
}

// Rewind commits the offsets of a plan for a group without members. A group
// that somebody joined meanwhile is refused by the broker, not overruled.
func (c *Cluster) Rewind(ctx context.Context, group string, moves []Move) error {
	if err := c.Inactive(ctx, group); err != nil {
		return err
	}
	return c.commitMoves(ctx, group, moves)
}

// commitMoves commits as no member, which a broker takes for a group without
// members only.
func (c *Cluster) commitMoves(ctx context.Context, group string, moves []Move) error {
	topics := map[string][]kafka.OffsetCommit{}
	for _, m := range moves {
		topics[m.Topic] = append(topics[m.Topic], kafka.OffsetCommit{Partition: m.Partition, Offset: m.To})
	}
	return c.retry(ctx, "commit offsets of "+group, func(ctx context.Context) error {
		res, err := c.client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{GroupID: group, GenerationID: -1, Topics: topics})
		if err != nil {
			return err
		}
		answered := 0
		for topic, ps := range res.Topics {
			for _, p := range ps {
				answered++
				switch {
				case errors.Is(p.Error, kafka.UnknownMemberId), errors.Is(p.Error, kafka.RebalanceInProgress), errors.Is(p.Error, kafka.IllegalGeneration):
					return backoff.Permanent(fmt.Errorf("%s/%d: %w: %w", topic, p.Partition, errGroupJoined, p.Error))
				case p.Error != nil:
					return fmt.Errorf("%s/%d: %w", topic, p.Partition, p.Error)
				}
			}
		}
		if answered != len(moves) {
			return errNoAnswer
		}
		return nil
	})
}
