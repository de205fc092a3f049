package worker

import (
	"context"
	"fmt"

	"muster/cmd/internal/config"
	"muster/consumer"
	"muster/schema/musterpb"
)

// Follow gives see what the owner of an audience said of it later than after, and goes
// on saying, until that returns false, the audience is forgotten, or ctx ends. Owners
// say something when it changed, every few seconds at most.
func Follow(ctx context.Context, cluster *consumer.Cluster, c *config.Config, audience string, after *musterpb.AudienceStatus, see func(*musterpb.AudienceStatus) bool) error {
	topic := c.Topic(config.TopicAudiences)
	p, from, _, err := audienceBounds(ctx, cluster, topic, audience)
	if err != nil {
		return err
	}
	for r, err := range cluster.Records(ctx, topic, p, from, consumer.Forever) {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("follow audience: %w", err)
		case string(r.Key) != audience:
			continue
		case r.Value == nil && r.Time.UnixMilli() > after.UpdatedMs:
			return nil
		case r.Value == nil:
			continue
		}
		s := new(musterpb.AudienceStatus)
		if err := s.UnmarshalVT(r.Value); err != nil {
			return fmt.Errorf("follow audience: %s/%d@%d: %w", topic, p, r.Offset, err)
		}
		if s.UpdatedMs > after.UpdatedMs && !see(s) {
			return nil
		}
	}
	return nil
}
