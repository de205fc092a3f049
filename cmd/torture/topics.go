package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"

	"muster/cmd/internal/model"
)

// createTopics makes the stream's topics. Their records never expire, as their
// times are those of the stream.
func createTopics(ctx context.Context, client *kafka.Client, prefix string, partitions int) error {
	req := &kafka.CreateTopicsRequest{}
	for _, t := range model.Topics() {
		req.Topics = append(req.Topics, kafka.TopicConfig{
			Topic: prefix + t.Name, NumPartitions: partitions, ReplicationFactor: -1,
			ConfigEntries: []kafka.ConfigEntry{
				{ConfigName: "retention.ms", ConfigValue: "-1"},
				{ConfigName: "max.message.bytes", ConfigValue: strconv.Itoa(8 << 20)},
			},
		})
	}
	res, err := client.CreateTopics(ctx, req)
	if err != nil {
		return fmt.Errorf("create the stream's topics: %w", err)
	}
	for topic, err := range res.Errors {
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			return fmt.Errorf("create topic %s: %w", topic, err)
		}
	}
	return nil
}

// deleteTopics removes all topics of a run.
func deleteTopics(ctx context.Context, client *kafka.Client, prefix string) error {
	meta, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return fmt.Errorf("list topics: %w", err)
	}
	var names []string
	for _, t := range meta.Topics {
		if strings.HasPrefix(t.Name, prefix) {
			names = append(names, t.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	if _, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: names}); err != nil {
		return fmt.Errorf("delete topics of the run: %w", err)
	}
	return nil
}
