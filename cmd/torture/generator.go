package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"muster/cmd/internal/model"
)

// generator writes the model's stream to the brokers, past all proxies. Brokers
// die meanwhile, and expected dead letters are named by their offsets: so it is
// an idempotent producer, which neither doubles nor skips a record.
type generator struct {
	stream *model.Stream
	prefix string
	client *kgo.Client
	count  int

	mu  sync.Mutex
	err error
}

func newGenerator(brokers []string, prefix string, s *model.Stream) (*generator, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchMaxBytes(8<<20), kgo.MetadataMinAge(250*time.Millisecond),
	)
	if err != nil {
		return nil, fmt.Errorf("make the generator: %w", err)
	}
	return &generator{stream: s, prefix: prefix, client: client}, nil
}

// run publishes about n records, evenly over d, and then all that are left.
func (g *generator) run(ctx context.Context, n int, d time.Duration) error {
	defer g.client.Close()
	const pulse = 100 * time.Millisecond
	each := max(1, int(int64(n)*int64(pulse)/int64(d)))
	for more := true; more; {
		for range each {
			var r model.Record
			if r, more = g.stream.Next(); !more {
				break
			}
			g.count++
			g.client.Produce(ctx, g.record(r), g.produced(r))
		}
		if err := wait(ctx, pulse); err != nil {
			return err
		}
	}
	if err := g.client.Flush(ctx); err != nil {
		return fmt.Errorf("publish the stream: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

func (g *generator) record(r model.Record) *kgo.Record {
	k := &kgo.Record{Topic: g.prefix + r.Topic, Partition: int32(r.Partition), Timestamp: r.Time, Key: r.Key, Value: r.Value}
	if r.Trace != "" {
		k.Headers = []kgo.RecordHeader{{Key: "traceparent", Value: []byte(r.Trace)}}
	}
	return k
}

// produced checks that the record got the offset that the stream counted.
func (g *generator) produced(want model.Record) func(*kgo.Record, error) {
	return func(r *kgo.Record, err error) {
		if err == nil && r.Offset != want.Offset {
			err = fmt.Errorf("got offset %d, want %d", r.Offset, want.Offset)
		}
		if err != nil {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.err = errors.Join(g.err, fmt.Errorf("publish to %s/%d: %w", r.Topic, r.Partition, err))
		}
	}
}
