package consumer

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

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
		m := member{group: fmt.Sprintf("group-%d", i), id: "stranger", generation: 1}
		if err := c.sendHeartbeat(t.Context(), m); !errors.Is(err, errLost) {
			t.Errorf("heartbeat to %s returned %v, want errLost", m.group, err)
		}
	}
}
