package model

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
)

// maxBatchBytes bounds what one produce request carries, large single records
// aside.
const maxBatchBytes = 512 << 10

// Publisher writes a stream to Kafka, to topics that are its own unless the
// stream is Untold.
type Publisher struct {
	client *kafka.Client
	stream *Stream
	queue  map[place][]Record
	size   map[place]int
	count  int
}

type place struct {
	topic     string
	partition int
}

// NewPublisher returns a publisher of the stream.
func NewPublisher(client *kafka.Client, s *Stream) *Publisher {
	return &Publisher{client: client, stream: s, queue: make(map[place][]Record), size: make(map[place]int)}
}

// CreateTopics makes the stream's topics. Their records never expire, as their
// times are those of the stream, and may be as large as any that is refused.
func (p *Publisher) CreateTopics(ctx context.Context) error {
	req := &kafka.CreateTopicsRequest{}
	for _, t := range Topics() {
		req.Topics = append(req.Topics, kafka.TopicConfig{
			Topic: t.Name, NumPartitions: p.stream.opts.Partitions, ReplicationFactor: -1,
			ConfigEntries: []kafka.ConfigEntry{
				{ConfigName: "retention.ms", ConfigValue: "-1"},
				{ConfigName: "max.message.bytes", ConfigValue: strconv.Itoa(8 << 20)},
			},
		})
	}
	res, err := p.client.CreateTopics(ctx, req)
	if err != nil {
		return fmt.Errorf("create the stream's topics: %w", err)
	}
	for topic, err := range res.Errors {
		if err != nil && !(p.stream.opts.Untold && errors.Is(err, kafka.TopicAlreadyExists)) {
			return fmt.Errorf("create topic %s: %w", topic, err)
		}
	}
	return nil
}

// Count is how many records were published.
func (p *Publisher) Count() int { return p.count }

// Publish writes the next n records of the stream, or all that are left, and
// reports whether there may be more. After an error what was not written stays
// and goes first; a batch whose answer was lost is then written twice, which
// only an Untold stream allows.
func (p *Publisher) Publish(ctx context.Context, n int) (more bool, err error) {
	for range n {
		r, ok := p.stream.Next()
		if !ok {
			return false, p.flush(ctx)
		}
		p.count++
		at := place{r.Topic, r.Partition}
		p.queue[at] = append(p.queue[at], r)
		p.size[at] += len(r.Key) + len(r.Value)
		if p.size[at] >= maxBatchBytes {
			if err := p.send(ctx, at); err != nil {
				return false, err
			}
		}
	}
	return true, p.flush(ctx)
}

func (p *Publisher) flush(ctx context.Context) error {
	for at := range p.queue {
		if err := p.send(ctx, at); err != nil {
			return err
		}
	}
	return nil
}

// send writes what waits for a partition. The broker's offsets have to be those
// that the stream counted: expected dead letters name them.
func (p *Publisher) send(ctx context.Context, at place) error {
	records := p.queue[at]
	base, err := p.produce(ctx, at, records)
	if err != nil {
		return fmt.Errorf("publish to %s/%d: %w", at.topic, at.partition, err)
	}
	if want := records[0].Offset; base != want && !p.stream.opts.Untold {
		return fmt.Errorf("publish to %s/%d: got offset %d, want %d: somebody else writes there", at.topic, at.partition, base, want)
	}
	delete(p.queue, at)
	delete(p.size, at)
	return nil
}

// produce repeats only what the broker certainly did not write: a topic just
// made has no leader for a moment.
func (p *Publisher) produce(ctx context.Context, at place, records []Record) (base int64, err error) {
	for {
		res, err := p.client.Produce(ctx, &kafka.ProduceRequest{
			Topic: at.topic, Partition: at.partition, RequiredAcks: kafka.RequireAll, Records: batchOf(records),
		})
		if err == nil {
			err = res.Error
		}
		if err == nil {
			return res.BaseOffset, nil
		}
		if !errors.Is(err, kafka.UnknownTopicOrPartition) && !errors.Is(err, kafka.LeaderNotAvailable) && !errors.Is(err, kafka.NotLeaderForPartition) {
			return 0, err
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// batchOf makes records for one try, which uses them up: kafka-go reads their
// bytes once, and a second try would write empty ones.
func batchOf(records []Record) kafka.RecordReader {
	batch := make([]kafka.Record, len(records))
	for i, r := range records {
		batch[i] = kafka.Record{Time: r.Time, Key: kafka.NewBytes(r.Key)}
		if r.Value != nil {
			batch[i].Value = kafka.NewBytes(r.Value)
		}
		if r.Trace != "" {
			batch[i].Headers = []kafka.Header{{Key: "traceparent", Value: []byte(r.Trace)}}
		}
	}
	return kafka.NewRecordReader(batch...)
}
