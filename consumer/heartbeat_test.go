package consumer

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"muster/consumer/kafkatest"
)

// Whichever broker coordinates the group, it is asked, and what it refuses is
// heard: no lease of a member that the group does not know.
func TestHeartbeatOfAStrangerIsRefused(t *testing.T) {
	t.Parallel()
	f := kafkatest.StartFake(t, kfake.NumBrokers(3))
	c := NewCluster(ClusterOptions{Brokers: f.Addrs, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(c.Close)
	for i := range 10 {
		group := fmt.Sprintf("group-%d", i)
		found, err := c.client.FindCoordinator(t.Context(), &kafka.FindCoordinatorRequest{Key: group, KeyType: kafka.CoordinatorKeyTypeConsumer})
		if err != nil || found.Error != nil {
			t.Fatal(err, found)
		}
		asked := f.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.Heartbeat}, Nodes: []int32{int32(found.Coordinator.NodeID)}, TopLevel: true, Observe: true, Count: -1,
		})
		if err := c.sendHeartbeat(t.Context(), member{group: group, id: "stranger", generation: 1}); !errors.Is(err, errLost) {
			t.Errorf("heartbeat to %s returned %v, want errLost", group, err)
		}
		if asked.Hits() != 1 {
			t.Errorf("the coordinator of %s was asked %d times, want once", group, asked.Hits())
		}
	}
}

// A process that slept through its generation asks the group before it takes a task
// over, and so shuts out nobody.
func TestStrangerTakesNothingOver(t *testing.T) {
	t.Parallel()
	f := kafkatest.StartFake(t)
	c := NewCluster(ClusterOptions{Brokers: f.Addrs, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(c.Close)
	tp := makeTopic(t, c, "log", nil)
	owner := openProducer(t, c, "g-0")
	if _, err := owner.put(t, tp, "a"); err != nil {
		t.Fatal(err)
	}
	stranger := kafkaLog{
		cluster: c, member: member{group: "g", id: "stranger", generation: 1}, changelog: tp,
		producer: producer{cluster: c, transactionalID: "g-0"},
	}
	if _, err := stranger.Open(t.Context()); !errors.Is(err, errLost) {
		t.Errorf("open returned %v, want errLost", err)
	}
	if at, err := owner.put(t, tp, "b"); err != nil || at != 1 {
		t.Errorf("the owner's append at %d, %v; want 1", at, err)
	}
}
