package consumer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestStopEndsWhileWritesAreRefused: a commit that brokers will not take does not
// keep a worker from stopping, however long they answer its heartbeats.
func TestStopEndsWhileWritesAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(1)
		w.produce(1, 10)
		r := w.start(vfs.NewMem())
		w.settle(1, r)

		refused := make(chan struct{})
		first := true
		w.broker.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
			w.broker.KeepControl()
			p := req.(*kmsg.ProduceRequest)
			if p.Topics[0].Topic != "log" {
				return nil, nil, false
			}
			if first {
				first = false
				close(refused)
			}
			res := p.ResponseKind().(*kmsg.ProduceResponse)
			topic := kmsg.NewProduceResponseTopic()
			topic.Topic = p.Topics[0].Topic
			part := kmsg.NewProduceResponseTopicPartition()
			part.Partition, part.ErrorCode = p.Topics[0].Partitions[0].Partition, kerr.NotEnoughReplicas.Code
			topic.Partitions = append(topic.Partitions, part)
			res.Topics = append(res.Topics, topic)
			return res, nil, true
		})
		w.produce(1, 1)
		<-refused
		began := time.Now()
		r.stop()
		// The drain time, and what the group takes to be left.
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("stopping took %s", took)
		}
	})
}
