package consumer_test

import (
	"context"
	"encoding/binary"
	"time"

	"muster/consumer"
)

// sum is a stage that counts how often each key was seen, once per offset: its
// table remembers the last offset counted per key, so replays change nothing
// (I1). It emits each new count to output.
type sum struct {
	info   consumer.TaskInfo
	output string
}

func newSum(output string) func(consumer.TaskInfo) (consumer.Processor, error) {
	return func(i consumer.TaskInfo) (consumer.Processor, error) { return &sum{info: i, output: output}, nil }
}

func (s *sum) Start(context.Context, *consumer.Tx, consumer.Start) error { return nil }

func (s *sum) Process(_ context.Context, tx *consumer.Tx, records []consumer.Record) error {
	for _, r := range records {
		v, err := tx.Value(r.Key)
		if err != nil {
			return err
		}
		if v == nil {
			v = make([]byte, 16)
		}
		if next := binary.BigEndian.Uint64(v); uint64(r.Offset) < next && !r.Replay {
			continue
		} else if uint64(r.Offset) >= next {
			binary.BigEndian.PutUint64(v, uint64(r.Offset)+1)
			binary.BigEndian.PutUint64(v[8:], binary.BigEndian.Uint64(v[8:])+1)
			tx.Put(r.Key, v)
		}
		tx.Emit(consumer.Emission{Topic: s.output, Partition: s.info.Partition, Key: r.Key, Value: v[8:]})
	}
	return nil
}

func (s *sum) Tick(context.Context, *consumer.Tx) (time.Time, error) { return time.Time{}, nil }
func (s *sum) Wake() <-chan struct{}                                 { return nil }
func (s *sum) Busy() bool                                            { return false }
func (s *sum) Stop()                                                 {}
func (s *sum) Close()                                                {}
