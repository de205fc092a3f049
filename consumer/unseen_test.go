package consumer_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestGroupBalancedBeforeItsTopicIsKnown: a broker that learns late of a new topic
// has the group balanced without it. The group is balanced again, or nobody would
// ever work.
func TestGroupBalancedBeforeItsTopicIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(2)
		w.produce(2, 10)
		var asked atomic.Int32
		w.broker.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
			w.broker.KeepControl()
			m := req.(*kmsg.MetadataRequest)
			// kafka-go balances by version 6 at most; its client asks by a newer one.
			if m.Version > 6 || len(m.Topics) != 2 || asked.Add(1) > 2 {
				return nil, nil, false
			}
			res := m.ResponseKind().(*kmsg.MetadataResponse)
			for _, asked := range m.Topics {
				topic := kmsg.NewMetadataResponseTopic()
				topic.Topic, topic.ErrorCode = asked.Topic, kerr.UnknownTopicOrPartition.Code
				res.Topics = append(res.Topics, topic)
			}
			return res, nil, true
		})
		r := w.start(vfs.NewMem())
		w.settle(2, r)
		w.want(2, 1)
		if asked.Load() < 3 {
			t.Errorf("the group was balanced %d times", asked.Load())
		}
	})
}
