package consumer

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// producer writes records stamped with a producer id, epoch and sequence
// number, without transactions: the broker then stores a repeated request once
// and refuses an older epoch (KIP-98, KIP-360). Where brokers grant less it does
// without (Guard). One producer belongs to one task; produce may be called
// concurrently for different partitions.
type producer struct {
	cluster         *Cluster
	transactionalID string
	guarded         func(Guard) // told when guard changes, nil = nobody
	guard           Guard
	id              int64
	epoch           int16
	sequences       map[topicPartition]*int32
}

type topicPartition struct {
	topic     string
	partition int
}

// maxBatchBytes bounds the records of one produce request before compression.
// A single larger record goes alone; the topics allow 8 MB.
const maxBatchBytes = 2 << 20

// transactionTimeoutMs is required by InitProducerID. No transaction is begun.
const transactionTimeoutMs = 60_000

// init gets a producer id and epoch: those of the transactional id, or if there
// is none an id that nobody had before.
func (p *producer) init(ctx context.Context, transactionalID string, id, epoch int) error {
	return p.cluster.retry(ctx, "get producer epoch of "+p.transactionalID, func(ctx context.Context) error {
		res, err := p.cluster.client.InitProducerID(ctx, &kafka.InitProducerIDRequest{
			TransactionalID:      transactionalID,
			TransactionTimeoutMs: transactionTimeoutMs,
			ProducerID:           id,
			ProducerEpoch:        epoch,
		})
		if err != nil {
			return p.cluster.unsupportedOr(ctx, err)
		}
		if res.Error != nil {
			return fencedOr(res.Error)
		}
		p.stamp(int64(res.Producer.ProducerID), int16(res.Producer.ProducerEpoch))
		return nil
	})
}

// stamp sets what records are stamped with from now on.
func (p *producer) stamp(id int64, epoch int16) {
	p.id, p.epoch, p.sequences = id, epoch, map[topicPartition]*int32{}
}

// sequence returns the counter of a partition. Not for concurrent use.
func (p *producer) sequence(tp topicPartition) *int32 {
	s := p.sequences[tp]
	if s == nil {
		s = new(int32)
		p.sequences[tp] = s
	}
	return s
}

// produce writes records to a partition in order and returns the offset of the
// last, less the number of those before it: that of the first, unless somebody else
// wrote in between. Each request is repeated until it is acknowledged or ctx ends.
func (p *producer) produce(ctx context.Context, tp topicPartition, sequence *int32, records []kafka.Record) (first int64, err error) {
	written := 0
	for written < len(records) {
		n := batchLength(records[written:])
		at, err := p.produceBatch(ctx, tp, *sequence, records[written:written+n])
		if err != nil {
			return 0, err
		}
		first = at - int64(written)
		*sequence = nextSequence(*sequence, n)
		written += n
	}
	return first, nil
}

// batchLength returns how many of the records go into the next request.
func batchLength(records []kafka.Record) int {
	size := 0
	for i, r := range records {
		size += recordBytes(r)
		if size > maxBatchBytes && i > 0 {
			return i
		}
	}
	return len(records)
}

func recordBytes(r kafka.Record) int {
	n := 24
	if r.Key != nil {
		n += r.Key.Len()
	}
	if r.Value != nil {
		n += r.Value.Len()
	}
	for _, h := range r.Headers {
		n += len(h.Key) + len(h.Value) + 4
	}
	return n
}

// nextSequence wraps to 0 after the largest 32-bit number, as brokers expect.
func nextSequence(s int32, n int) int32 {
	return int32((int64(s) + int64(n)) & 0x7fffffff)
}

func (p *producer) produceBatch(ctx context.Context, tp topicPartition, sequence int32, records []kafka.Record) (at int64, err error) {
	raw, err := p.encode(sequence, records)
	if err != nil {
		return 0, fmt.Errorf("encode batch for %s/%d: %w", tp.topic, tp.partition, err)
	}
	err = p.cluster.retry(ctx, fmt.Sprintf("produce to %s/%d", tp.topic, tp.partition), func(ctx context.Context) error {
		res, err := p.cluster.client.RawProduce(ctx, &kafka.RawProduceRequest{
			Topic: tp.topic, Partition: tp.partition, RequiredAcks: kafka.RequireAll,
			RawRecords: protocol.RawRecordSet{Reader: bytes.NewReader(raw)},
		})
		if err != nil {
			return err
		}
		if res.Error != nil {
			return fencedOr(res.Error)
		}
		at = res.BaseOffset
		return nil
	})
	return at, err
}

// Offsets into an encoded record batch of version 2, after its 4-byte size
// (Kafka protocol guide, "Record Batch").
const (
	batchCRC        = 17
	batchCRCStart   = 21
	batchProducerID = 43
	batchEpoch      = 51
	batchSequence   = 53
	batchHeader     = 61
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode has kafka-go encode and compress the batch, and stamps it. Without a
// producer id the sequence number is -1, too.
func (p *producer) encode(sequence int32, records []kafka.Record) ([]byte, error) {
	var buf bytes.Buffer
	rs := protocol.RecordSet{
		Version:    2,
		Attributes: protocol.Attributes(kafka.Snappy),
		Records:    protocol.NewRecordReader(records...),
	}
	if _, err := rs.WriteTo(&buf); err != nil {
		return nil, err
	}
	raw := buf.Bytes()
	if len(raw) < 4+batchHeader {
		return nil, fmt.Errorf("batch of %d bytes is shorter than its header", len(raw))
	}
	if p.id < 0 {
		sequence = -1
	}
	b := raw[4:]
	binary.BigEndian.PutUint64(b[batchProducerID:], uint64(p.id))
	binary.BigEndian.PutUint16(b[batchEpoch:], uint16(p.epoch))
	binary.BigEndian.PutUint32(b[batchSequence:], uint32(sequence))
	binary.BigEndian.PutUint32(b[batchCRC:], crc32.Checksum(b[batchCRCStart:], castagnoli))
	return raw, nil
}

// fencedOr turns the errors that mean a newer owner into ErrFenced. A forgotten
// producer (idle for a day) and a sequence gap are treated the same: drop the
// task and take it over anew.
func fencedOr(err error) error {
	for _, e := range []kafka.Error{
		kafka.InvalidProducerEpoch, kafka.ProducerFenced, kafka.InvalidTransactionState,
		kafka.OutOfOrderSequenceNumber, kafka.DuplicateSequenceNumber,
		kafka.UnknownProducerId, kafka.InvalidProducerIDMapping,
	} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w: %w", ErrFenced, err)
		}
	}
	return err
}
