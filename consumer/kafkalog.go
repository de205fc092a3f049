package consumer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"golang.org/x/sync/errgroup"
)

// kafkaLog is the Log of a task on Kafka.
type kafkaLog struct {
	cluster     *Cluster
	member      member
	producer    producer
	changelog   topicPartition
	deadLetters string
	maxBytes    int
}

// member is what the group knows this process by in one generation.
type member struct {
	group      string
	id         string
	generation int32
}

func (l *kafkaLog) Open(ctx context.Context) (Position, error) {
	// A process that slept through its generation must not shut out the present
	// owner: ask the group first.
	if err := l.cluster.heartbeat(ctx, l.member); err != nil {
		return 0, err
	}
	if err := l.producer.open(ctx); err != nil {
		return 0, err
	}
	return l.End(ctx)
}

func (l *kafkaLog) End(ctx context.Context) (Position, error) {
	end, err := l.cluster.endOffset(ctx, l.changelog.topic, l.changelog.partition)
	return Position(end), err
}

func (l *kafkaLog) Renew(ctx context.Context) error { return l.producer.renew(ctx) }

func (l *kafkaLog) Start(ctx context.Context) (Position, error) {
	start, err := l.cluster.startOffset(ctx, l.changelog.topic, l.changelog.partition)
	return Position(start), err
}

func (l *kafkaLog) Read(ctx context.Context, from, to Position) iter.Seq2[LogRecord, error] {
	r := partitionReader{
		cluster: l.cluster, topic: l.changelog.topic, partition: l.changelog.partition,
		next: int64(from), maxBytes: l.maxBytes, maxWait: 500 * time.Millisecond,
	}
	return func(yield func(LogRecord, error) bool) {
		for rec, err := range r.until(ctx, int64(to)) {
			if errors.Is(err, ErrDataLoss) {
				// The log begins later than the table ends, or was made anew: the table is
				// restored from what there is.
				err = fmt.Errorf("read changelog: %w: %w", ErrWipe, err)
			}
			if err != nil {
				yield(LogRecord{}, err)
				return
			}
			at := Position(rec.Offset)
			if !yield(LogRecord{Position: at, Key: rec.Key, Value: rec.Value, Time: rec.Time, Stray: isStray(at, rec.Headers)}, nil) {
				return
			}
		}
	}
}

func (l *kafkaLog) Append(ctx context.Context, at Position, writes []Write) (Position, error) {
	first, err := l.append(ctx, at, writes)
	if errors.Is(err, kafka.ClusterAuthorizationFailed) && l.producer.guard != GuardPosition {
		// Before Kafka 3.0 a producer id needs IdempotentWrite on the cluster, as is
		// found out by the first record: a transactional id does not include it.
		l.producer.guardByPosition(err)
		first, err = l.append(ctx, at, writes)
	}
	return Position(first), err
}

func (l *kafkaLog) append(ctx context.Context, at Position, writes []Write) (int64, error) {
	records := make([]kafka.Record, len(writes))
	for i, w := range writes {
		records[i] = kafka.Record{Key: protocol.NewBytes(w.Key), Value: protocol.NewBytes(w.Value)}
		if l.producer.guard.Unfenced() && at != NoPosition {
			records[i].Headers = meantFor(at + Position(i))
		}
	}
	return l.producer.produce(ctx, l.changelog, l.producer.sequence(l.changelog), records)
}

// Send writes each partition's emissions in order, the partitions side by side.
func (l *kafkaLog) Send(ctx context.Context, emissions []Emission, deadLetters []DeadLetter) error {
	parts := map[topicPartition][]kafka.Record{}
	for _, e := range emissions {
		tp := topicPartition{e.Topic, e.Partition}
		parts[tp] = append(parts[tp], kafka.Record{Key: protocol.NewBytes(e.Key), Value: protocol.NewBytes(e.Value), Headers: e.Headers})
	}
	if len(deadLetters) > 0 {
		tp := topicPartition{l.deadLetters, l.changelog.partition}
		for _, d := range deadLetters {
			parts[tp] = append(parts[tp], d.record())
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for tp, records := range parts {
		sequence := l.producer.sequence(tp)
		g.Go(func() error {
			_, err := l.producer.produce(gctx, tp, sequence, records)
			return err
		})
	}
	return g.Wait()
}

// record is JSON, for kafka-console-consumer and alike.
func (d DeadLetter) record() kafka.Record {
	v, err := json.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("encode dead letter: %v", err)) // plain fields always encode
	}
	key := fmt.Sprintf("%s/%d/%d", d.Topic, d.Partition, d.Offset)
	return kafka.Record{Key: protocol.NewBytes([]byte(key)), Value: protocol.NewBytes(v)}
}

func (l *kafkaLog) Commit(ctx context.Context, o Offsets) error {
	return l.cluster.commitOffsets(ctx, l.member, l.changelog.partition, o, "")
}

// commitOffsets goes by the client, not by kafka-go's Generation, which would
// share one connection with the heartbeats. The broker refuses an old
// generation.
func (c *Cluster) commitOffsets(ctx context.Context, m member, partition int, o Offsets, metadata string) error {
	topics := make(map[string][]kafka.OffsetCommit, len(o))
	for topic, next := range o {
		topics[topic] = []kafka.OffsetCommit{{Partition: partition, Offset: next, Metadata: metadata}}
	}
	return c.retry(ctx, "commit offsets of "+m.group, func(ctx context.Context) error {
		res, err := c.client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
			GroupID: m.group, GenerationID: int(m.generation), MemberID: m.id, Topics: topics,
		})
		if err != nil {
			return err
		}
		for topic, ps := range res.Topics {
			for _, p := range ps {
				if p.Error != nil {
					return fmt.Errorf("%s/%d: %w", topic, p.Partition, lostOr(p.Error))
				}
			}
		}
		return nil
	})
}
