package consumer

import (
	"context"
	"iter"
	"math"
	"time"
)

// Bounds returns the offset of a partition's first record and the one after its
// last. It is for tools.
func (c *Cluster) Bounds(ctx context.Context, topic string, partition int) (start, end int64, err error) {
	if start, err = c.startOffset(ctx, topic, partition); err != nil {
		return 0, 0, err
	}
	end, err = c.endOffset(ctx, topic, partition)
	return start, end, err
}

// Forever is an end that records do not reach.
const Forever = math.MaxInt64

// Records reads a partition from one offset up to, not including, another; with
// Forever until ctx ends, which is an error. It is for tools.
func (c *Cluster) Records(ctx context.Context, topic string, partition int, from, to int64) iter.Seq2[Record, error] {
	r := &partitionReader{cluster: c, topic: topic, partition: partition, next: from, maxBytes: 4 << 20, maxWait: 500 * time.Millisecond}
	return r.until(ctx, to)
}

// TopicRecords reads all partitions of a topic, one after the other, each up to where
// it ends when its turn comes. An error ends it. It is for tools.
func (c *Cluster) TopicRecords(ctx context.Context, topic string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		counts, err := c.Partitions(ctx, topic)
		if err != nil {
			yield(Record{}, err)
			return
		}
		for p := range counts[topic] {
			start, end, err := c.Bounds(ctx, topic, p)
			if err != nil {
				yield(Record{}, err)
				return
			}
			for r, err := range c.Records(ctx, topic, p, start, end) {
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}

// until yields the records before an offset, or the error that ends them.
func (r *partitionReader) until(ctx context.Context, to int64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for r.next < to {
			f, err := r.read(ctx)
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, rec := range f.records {
				if rec.Offset >= to {
					return
				}
				if !yield(rec, nil) {
					return
				}
			}
		}
	}
}
