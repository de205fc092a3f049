package consumer

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"muster/consumer/kafkatest"
)

// TestPartitionsOfLateTopic: of several brokers not all know of a topic that
// was just made, and a worker that has made its topics must not end over that.
func TestPartitionsOfLateTopic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := kafkatest.StartVirtual(t, kfake.SeedTopics(3, "early"))
		c := NewCluster(ClusterOptions{Brokers: fake.Addrs, Dial: fake.Dial, Logger: slog.New(slog.DiscardHandler)})
		t.Cleanup(c.Close)
		if _, err := c.Partitions(t.Context(), "early"); err != nil {
			t.Fatal(err)
		}
		made := make(chan error)
		client := fake.Client(t)
		go func() {
			time.Sleep(2 * time.Second)
			res, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{
				Topics: []kafka.TopicConfig{{Topic: "late", NumPartitions: 2, ReplicationFactor: 1}},
			})
			made <- errors.Join(err, res.Errors["late"])
		}()
		counts, err := c.Partitions(t.Context(), "early", "late")
		if err := <-made; err != nil {
			t.Fatal(err)
		}
		if err != nil || counts["early"] != 3 || counts["late"] != 2 {
			t.Errorf("partitions %v, %v; want early 3, late 2", counts, err)
		}
		_, err = c.Partitions(t.Context(), "early", "never")
		if err == nil || !strings.Contains(err.Error(), `topic "never" does not exist: create it`) {
			t.Errorf("unknown topic: %v", err)
		}
	})
}
