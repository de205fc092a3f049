package e2e

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"muster/consumer/kafkatest"
)

func TestEmulatedBroker(t *testing.T) {
	s := sizeOf()
	broker := kafkatest.StartFake(t, kfake.GroupMinSessionTimeout(time.Second))
	w := newWorld(t, broker.Addrs, broker.Client(t), s, 11)
	scenario(t, w, inProcess(logDir(t)), s)
}
