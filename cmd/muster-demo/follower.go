package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"muster/cmd/internal/config"
	"muster/schema/musterpb"
)

// follower reads the audiences' status rows, which Muster writes for whoever
// wants to show them.
type follower struct {
	topic  string
	client *kafka.Client
	done   sync.WaitGroup

	mu   sync.Mutex
	rows map[string]*musterpb.AudienceStatus // by audience key
}

// follow reads until ctx ends.
func follow(ctx context.Context, client *kafka.Client) *follower {
	f := &follower{
		topic: config.Defaults().Topic(config.TopicAudiences), client: client, rows: make(map[string]*musterpb.AudienceStatus),
	}
	for p := range partitions {
		f.done.Go(func() { f.read(ctx, p) })
	}
	return f
}

func (f *follower) wait() { f.done.Wait() }

// status returns the newest rows.
func (f *follower) status() map[string]*musterpb.AudienceStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.rows)
}

// read follows one partition. What fails is tried again: the topic does not
// exist before the first replica has made it.
func (f *follower) read(ctx context.Context, partition int) {
	offset := int64(0)
	for ctx.Err() == nil {
		next, err := f.fetch(ctx, partition, offset)
		offset = next
		if err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(beat):
		}
	}
}

func (f *follower) fetch(ctx context.Context, partition int, offset int64) (next int64, err error) {
	res, err := f.client.Fetch(ctx, &kafka.FetchRequest{
		Topic: f.topic, Partition: partition, Offset: offset, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: 500 * time.Millisecond,
	})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return offset, fmt.Errorf("fetch status rows: %w", err)
	}
	for {
		r, err := res.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return offset, nil
		}
		if err != nil {
			return offset, fmt.Errorf("read status row: %w", err)
		}
		offset = r.Offset + 1
		if err := f.note(r); err != nil {
			return offset, err
		}
	}
}

func (f *follower) note(r *kafka.Record) error {
	key, errKey := protocol.ReadAll(r.Key)
	value, errValue := protocol.ReadAll(r.Value)
	if err := errors.Join(errKey, errValue); err != nil {
		return fmt.Errorf("read status row: %w", err)
	}
	row := &musterpb.AudienceStatus{}
	if err := row.UnmarshalVT(value); err != nil {
		return fmt.Errorf("decode status row: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows[string(key)] = row
	return nil
}
