package consumer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	fetchAPI "github.com/segmentio/kafka-go/protocol/fetch"
)

// partitionReader reads one partition in order, one request at a time. It is
// not safe for concurrent use.
type partitionReader struct {
	cluster   *Cluster
	topic     string
	partition int
	next      int64 // offset of the next record wanted
	maxBytes  int
	maxWait   time.Duration
	aborted   abortedFilter
}

// fetched is what one request brought.
type fetched struct {
	records []Record
	// next is the offset to read after these records: control batches and holes
	// included.
	next int64
	// end is the high watermark.
	end int64
}

// read returns the next records, perhaps none, after at most maxWait. It
// retries what may pass. Records of aborted transactions are left out.
func (r *partitionReader) read(ctx context.Context) (f fetched, err error) {
	err = r.cluster.retry(ctx, fmt.Sprintf("fetch %s/%d@%d", r.topic, r.partition, r.next), func(ctx context.Context) error {
		f, err = r.fetch(ctx)
		return err
	})
	return f, err
}

func (r *partitionReader) fetch(ctx context.Context) (fetched, error) {
	p, err := r.request(ctx)
	if err != nil {
		return fetched{}, err
	}
	f := fetched{next: r.next, end: p.HighWatermark}
	seen := false
	for batch := range batches(p.RecordSet.Records) {
		seen = true
		keep := r.aborted.keep(batch, p.AbortedTransactions)
		if c, ok := batch.(*protocol.ControlBatch); ok {
			f.next = max(f.next, c.BaseOffset+1) // one record, Kafka's own
		}
		if err := r.batch(batch, keep, &f); err != nil {
			return fetched{}, err
		}
	}
	if seen && f.next == r.next && r.next < f.end {
		// The batch holding the wanted offset has nothing left at or after it:
		// compaction emptied it. The broker would send it again and again.
		f.next++
	}
	r.next = f.next
	return f, nil
}

func (r *partitionReader) request(ctx context.Context) (*fetchAPI.ResponsePartition, error) {
	m, err := r.cluster.transport.RoundTrip(ctx, r.cluster.client.Addr, &fetchAPI.Request{
		ReplicaID:      -1,
		MaxWaitTime:    int32(r.maxWait.Milliseconds()),
		MinBytes:       1,
		MaxBytes:       int32(r.maxBytes),
		IsolationLevel: int8(kafka.ReadCommitted),
		SessionID:      -1,
		SessionEpoch:   -1,
		Topics: []fetchAPI.RequestTopic{{
			Topic: r.topic,
			Partitions: []fetchAPI.RequestPartition{{
				Partition:          int32(r.partition),
				CurrentLeaderEpoch: -1,
				FetchOffset:        r.next,
				LogStartOffset:     -1,
				PartitionMaxBytes:  int32(r.maxBytes),
			}},
		}},
	})
	if err != nil {
		return nil, err
	}
	res := m.(*fetchAPI.Response)
	if len(res.Topics) == 0 || len(res.Topics[0].Partitions) == 0 {
		return nil, errNoAnswer
	}
	p := &res.Topics[0].Partitions[0]
	code := p.ErrorCode
	if code == 0 {
		code = res.ErrorCode
	}
	if code == int16(kafka.OffsetOutOfRange) {
		return nil, fmt.Errorf("%s/%d@%d: %w", r.topic, r.partition, r.next, ErrDataLoss)
	}
	if code != 0 {
		return nil, kafka.Error(code)
	}
	return p, nil
}

// batches yields the batches of an answer.
func batches(records protocol.RecordReader) func(yield func(protocol.RecordReader) bool) {
	return func(yield func(protocol.RecordReader) bool) {
		stream, ok := records.(*protocol.RecordStream)
		if !ok {
			if records != nil {
				yield(records)
			}
			return
		}
		for _, b := range stream.Records {
			if !yield(b) {
				return
			}
		}
	}
}

// batch reads all records of a batch, so that its pages go back to their pool,
// and keeps those wanted.
func (r *partitionReader) batch(batch protocol.RecordReader, keep bool, f *fetched) error {
	for {
		rec, err := batch.ReadRecord()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("decode batch: %w", err)
		}
		wanted := rec.Offset >= f.next
		var out Record
		if wanted && keep {
			out = Record{Topic: r.topic, Partition: r.partition, Offset: rec.Offset, Time: rec.Time, Headers: rec.Headers}
			out.Key, err = readAll(rec.Key)
			if err == nil {
				out.Value, err = readAll(rec.Value)
			}
		} else {
			err = closeAll(rec.Key, rec.Value)
		}
		if err != nil {
			return fmt.Errorf("read record %d: %w", rec.Offset, err)
		}
		if wanted {
			f.next = rec.Offset + 1
			if keep {
				f.records = append(f.records, out)
			}
		}
	}
}

// readAll copies pooled bytes and gives them back; nil stays nil.
func readAll(b protocol.Bytes) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	v, err := protocol.ReadAll(b)
	if v == nil && err == nil {
		v = []byte{}
	}
	return v, errors.Join(err, b.Close())
}

func closeAll(bs ...protocol.Bytes) error {
	var errs []error
	for _, b := range bs {
		if b != nil {
			errs = append(errs, b.Close())
		}
	}
	return errors.Join(errs...)
}

// abortedFilter drops the records of aborted transactions, which kafka-go hands
// out even when asked for committed ones (segmentio/kafka-go #1332). It follows
// the consumer side of KIP-98.
type abortedFilter struct{ open map[int64]bool } // producer ids inside an aborted transaction

// keep reports whether the records of the batch are for the application.
func (a *abortedFilter) keep(batch protocol.RecordReader, aborted []fetchAPI.ResponseTransaction) bool {
	switch b := batch.(type) {
	case *protocol.ControlBatch:
		a.begin(aborted, b.BaseOffset)
		if a.open[b.ProducerID] && abortMarker(b) {
			delete(a.open, b.ProducerID)
		}
		return false
	case *protocol.RecordBatch:
		a.begin(aborted, b.BaseOffset)
		return !b.Attributes.Transactional() || !a.open[b.ProducerID]
	default:
		return true
	}
}

// begin opens the aborted transactions that start at or before a batch. The
// broker lists those that overlap the answer, so one may have been closed by a
// marker before; a transaction is opened at its first batch at the latest.
func (a *abortedFilter) begin(aborted []fetchAPI.ResponseTransaction, base int64) {
	for i := range aborted {
		t := &aborted[i]
		if t.FirstOffset >= 0 && t.FirstOffset <= base {
			if a.open == nil {
				a.open = map[int64]bool{}
			}
			a.open[t.ProducerID] = true
			t.FirstOffset = -1 // once
		}
	}
}

// abortMarker reports whether a control batch ends a transaction by abort: its
// key is a version and a type, both 16 bits, type 0 = abort.
func abortMarker(b *protocol.ControlBatch) bool {
	rec, err := b.ReadRecord()
	if err != nil || rec == nil || rec.Key == nil {
		return false
	}
	key, err := readAll(rec.Key)
	if rec.Value != nil {
		err = errors.Join(err, rec.Value.Close())
	}
	return err == nil && len(key) >= 4 && binary.BigEndian.Uint16(key[2:]) == 0
}
