package worker

import (
	"context"
	"fmt"
	"time"

	"muster/cmd/internal/config"
	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// Audiences reads what the owners last said of all audiences, by key.
func Audiences(ctx context.Context, cluster *consumer.Cluster, c *config.Config) (map[string]*musterpb.AudienceStatus, error) {
	topic := c.Topic(config.TopicAudiences)
	all := map[string]*musterpb.AudienceStatus{}
	for r, err := range cluster.TopicRecords(ctx, topic) {
		if err != nil {
			return nil, fmt.Errorf("read audiences: %w", err)
		}
		if r.Value == nil {
			delete(all, string(r.Key))
			continue
		}
		s := new(musterpb.AudienceStatus)
		if err := s.UnmarshalVT(r.Value); err != nil {
			return nil, fmt.Errorf("read audiences: %s/%d@%d: %w", topic, r.Partition, r.Offset, err)
		}
		all[string(r.Key)] = s
	}
	return all, nil
}

// Command gives an order to the owner of its audience and waits up to wait for what
// that says of the audience after it has obeyed; nil when that did not come. The order
// stays and is obeyed by the next owner there is, within 7 days.
func Command(ctx context.Context, cluster *consumer.Cluster, c *config.Config, order *musterpb.Command, wait time.Duration) (*musterpb.AudienceStatus, error) {
	topic := c.Topic(config.TopicAudiences)
	p, _, from, err := audienceBounds(ctx, cluster, topic, order.Audience)
	if err != nil {
		return nil, err
	}
	order.AtMs = time.Now().UnixMilli()
	if err := give(ctx, cluster, c, p, order.Audience, order); err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for r, err := range cluster.Records(waiting, topic, p, from, consumer.Forever) {
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case waiting.Err() != nil:
			return nil, nil
		case err != nil:
			return nil, err
		}
		s := new(musterpb.AudienceStatus)
		if string(r.Key) == order.Audience && r.Value == nil && order.Verb == musterpb.Verb_VERB_FORGET {
			return s, nil
		}
		if string(r.Key) == order.Audience && s.UnmarshalVT(r.Value) == nil && s.CommandMs >= order.AtMs {
			return s, nil
		}
	}
	return nil, nil
}

// audienceBounds returns the partition of an audience in a topic, the offset of its first
// record and the one after its last.
func audienceBounds(ctx context.Context, cluster *consumer.Cluster, topic, audience string) (partition int, start, end int64, err error) {
	counts, err := cluster.Partitions(ctx, topic)
	if err != nil {
		return 0, 0, 0, err
	}
	partition = schema.AudiencePartition(audience, counts[topic])
	start, end, err = cluster.Bounds(ctx, topic, partition)
	return partition, start, end, err
}

// CommandAccount gives an order concerning an ad account to every owner, and
// returns how many partitions they have.
func CommandAccount(ctx context.Context, cluster *consumer.Cluster, c *config.Config, account string, verb musterpb.Verb) (partitions int, err error) {
	topic := c.Topic(config.TopicCommands)
	counts, err := cluster.Partitions(ctx, topic)
	if err != nil {
		return 0, err
	}
	for p := range counts[topic] {
		order := &musterpb.Command{Verb: verb, AtMs: time.Now().UnixMilli(), Account: account}
		if err := give(ctx, cluster, c, p, account, order); err != nil {
			return 0, err
		}
	}
	return counts[topic], nil
}

func give(ctx context.Context, cluster *consumer.Cluster, c *config.Config, partition int, key string, order *musterpb.Command) error {
	value, err := order.MarshalVT()
	if err != nil {
		return fmt.Errorf("encode command: %w", err)
	}
	_, err = cluster.Append(ctx, c.Topic(config.TopicCommands), partition, []consumer.Message{{Key: []byte(key), Value: value}})
	return err
}
