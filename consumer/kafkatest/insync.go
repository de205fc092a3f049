package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// InSync waits until every partition of every topic has all its replicas in
// sync: before that, the death of another broker may stop a partition.
func (c *Cluster) InSync(ctx context.Context) error {
	transport := &kafka.Transport{DialTimeout: time.Second, MetadataTTL: 100 * time.Millisecond}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(c.Addrs()...), Transport: transport, Timeout: 5 * time.Second}
	for {
		err := c.inSync(ctx, client)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for all replicas: %w: %w", ctx.Err(), err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (c *Cluster) inSync(ctx context.Context, client *kafka.Client) error {
	meta, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return err
	}
	if len(meta.Brokers) < len(c.nodes) {
		return fmt.Errorf("%d of %d brokers", len(meta.Brokers), len(c.nodes))
	}
	for _, t := range meta.Topics {
		for _, p := range t.Partitions {
			if err := errors.Join(t.Error, p.Error); err != nil {
				return fmt.Errorf("%s/%d: %w", t.Name, p.ID, err)
			}
			if len(p.Isr) < len(p.Replicas) {
				return fmt.Errorf("%s/%d: %d of %d replicas in sync", t.Name, p.ID, len(p.Isr), len(p.Replicas))
			}
		}
	}
	return nil
}
