package status

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segmentio/kafka-go"

	"muster/consumer"
	"muster/consumer/kafkatest"
	"muster/schema/musterpb"
)

// TestFollowGoesOnAfterRead: what was read is not read again, or what is over would be
// shown once more; what is written later comes.
func TestFollowGoesOnAfterRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := kafkatest.StartVirtual(t)
		topics := Topics{Audiences: "audiences", Replicas: "replicas"}
		made, err := k.Client(t).CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
			{Topic: topics.Audiences, NumPartitions: 2, ReplicationFactor: 1}, {Topic: topics.Replicas, NumPartitions: 1, ReplicationFactor: 1},
		}})
		if err != nil || made.Errors[topics.Audiences] != nil || made.Errors[topics.Replicas] != nil {
			t.Fatal(err, made)
		}
		cluster := consumer.NewCluster(consumer.ClusterOptions{Brokers: k.Addrs, Dial: k.Dial, Logger: slog.New(slog.DiscardHandler)})
		defer cluster.Close()
		say := func(partition int, key, state string) {
			var value []byte
			if state != "" {
				if value, err = (&musterpb.AudienceStatus{State: state}).MarshalVT(); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := cluster.Append(t.Context(), topics.Audiences, partition, []consumer.Message{{Key: []byte(key), Value: value}}); err != nil {
				t.Fatal(err)
			}
		}
		say(0, "a", "adding")
		say(0, "a", "waiting")
		say(0, "forgotten", "waiting")
		say(0, "forgotten", "")

		var b Board
		if err := b.Read(t.Context(), cluster, topics); err != nil {
			t.Fatal(err)
		}
		read, _ := b.Changed()
		ctx, stop := context.WithCancel(t.Context())
		var following sync.WaitGroup
		following.Go(func() { b.Follow(ctx, cluster, topics, slog.New(slog.DiscardHandler)) })
		time.Sleep(time.Minute)
		if version, _ := b.Changed(); version != read || b.Audience("a").GetState() != "waiting" {
			t.Errorf("%d changes though nothing was said, a is %q", version-read, b.Audience("a").GetState())
		}
		say(0, "a", "removing")
		say(1, "b", "waiting")
		time.Sleep(time.Minute)
		if a, other := b.Audience("a").GetState(), b.Audience("b").GetState(); a != "removing" || other != "waiting" {
			t.Errorf("a is %q, b is %q", a, other)
		}
		stop()
		following.Wait()
	})
}
