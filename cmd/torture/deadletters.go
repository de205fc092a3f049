package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"muster/cmd/internal/config"
	"muster/cmd/internal/model"
)

// judgeDeadLetters compares the dead letters with the model's as sets: a record
// that was read again may be noted again.
func (r *run) judgeDeadLetters(ctx context.Context) error {
	got, err := r.deadLetters(ctx)
	if err != nil {
		return err
	}
	for _, d := range r.stream.Truth().DeadLetters {
		if !got[d] {
			r.fault("dead letter is missing: %+v", d)
		}
		got[d] = false
	}
	for d, unexpected := range got {
		if unexpected {
			r.fault("dead letter is unexpected: %+v", d)
		}
	}
	return nil
}

func (r *run) deadLetters(ctx context.Context) (map[model.DeadLetter]bool, error) {
	all := make(map[model.DeadLetter]bool)
	err := r.records(ctx, r.own(config.TopicDeadLetter), func(k *kgo.Record) error {
		var d struct {
			Reason    string `json:"reason"`
			Topic     string `json:"topic"`
			Partition int    `json:"partition"`
			Offset    int64  `json:"offset"`
		}
		if err := json.Unmarshal(k.Value, &d); err != nil {
			return fmt.Errorf("read dead letter %d@%d: %w", k.Partition, k.Offset, err)
		}
		all[model.DeadLetter{Reason: model.Reason(d.Reason), Topic: strings.TrimPrefix(d.Topic, r.prefix), Partition: d.Partition, Offset: d.Offset}] = true
		return nil
	})
	return all, err
}

// records visits all records of a topic.
func (r *run) records(ctx context.Context, topic string, visit func(*kgo.Record) error) error {
	ends, err := listOffsets(ctx, r.client, []string{topic}, r.plan.size.partitions, kafka.LastOffsetOf)
	if err != nil {
		return err
	}
	from := make(map[int32]kgo.Offset)
	left := make(map[int32]int64)
	ends.each(func(_ string, p int, end int64) {
		if end > 0 {
			from[int32(p)], left[int32(p)] = kgo.NewOffset().AtStart(), end
		}
	})
	client, err := kgo.NewClient(kgo.SeedBrokers(r.cluster.Addrs()...), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))
	if err != nil {
		return fmt.Errorf("read %s: %w", topic, err)
	}
	defer client.Close()
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, e := range fetches.Errors() {
			return fmt.Errorf("read %s/%d: %w", topic, e.Partition, e.Err)
		}
		for _, k := range fetches.Records() {
			if err := visit(k); err != nil {
				return err
			}
			if k.Offset+1 >= left[k.Partition] {
				delete(left, k.Partition)
			}
		}
	}
	return nil
}
