package consumer

import (
	"log/slog"
	"math/rand/v2"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"muster/consumer/kafkatest"
)

func fakeCluster(t *testing.T) (*kafkatest.Fake, *Cluster) {
	t.Helper()
	k := kafkatest.StartFake(t)
	c := NewCluster(ClusterOptions{Brokers: k.Addrs, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(c.Close)
	return k, c
}

// Somebody writes between two requests of one append: its position says so, though
// the first request is where it was expected.
func TestPositionTellsOfAGapInside(t *testing.T) {
	t.Parallel()
	k, c := fakeCluster(t)
	tp := makeTopic(t, c, "split", map[string]string{"max.message.bytes": "8388608"})
	p := openProducer(t, c, "task-0")
	large := make([]byte, maxBatchBytes*2/3)
	for i := range large {
		large[i] = byte(rand.Uint32()) // does not compress
	}
	var first kmsg.Request
	second := k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: tp.topic, Err: kerr.NotLeaderForPartition, Count: -1, When: func(r kmsg.Request) bool {
		if len(r.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Records) < maxBatchBytes/2 {
			return false // not one of these
		}
		if first == nil {
			first = r
		}
		return r != first
	}})
	type answer struct {
		at  int64
		err error
	}
	answered := make(chan answer)
	go func() {
		at, err := p.put(t, tp, string(large), string(large), string(large))
		answered <- answer{at, err}
	}()
	if err := second.Wait(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Append(t.Context(), tp.topic, 0, []Message{{Key: []byte("k")}}); err != nil {
		t.Fatal(err)
	}
	second.Remove()
	if got := <-answered; got.err != nil || got.at != 1 {
		t.Errorf("append at %d, %v; want 1: the last at 3, two before it", got.at, got.err)
	}
}

// Brokers forget an idle producer id: without a transactional id, renewal gets
// another one, and the transactional id once that is granted.
func TestRenewalWithoutTransactionalID(t *testing.T) {
	t.Parallel()
	k, c := fakeCluster(t)
	tp := makeTopic(t, c, "renewed", nil)
	refusal := k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, Err: kerr.TransactionalIDAuthorizationFailed, Count: -1, When: func(r kmsg.Request) bool {
		return r.(*kmsg.InitProducerIDRequest).TransactionalID != nil
	}})
	p := openProducer(t, c, "task-0")
	var guards []Guard
	p.guarded = func(g Guard) { guards = append(guards, g) }
	was := p.id
	if at, err := p.put(t, tp, "a"); err != nil || at != 0 {
		t.Fatalf("append at %d, %v", at, err)
	}
	if err := p.renew(t.Context()); err != nil || p.id == was || p.guard != GuardSequence {
		t.Fatalf("renewed as producer %d after %d, guarded by %s: %v", p.id, was, p.guard, err)
	}
	if at, err := p.put(t, tp, "b"); err != nil || at != 1 {
		t.Fatalf("append at %d, %v", at, err)
	}
	refusal.Remove()
	if err := p.renew(t.Context()); err != nil || p.guard != GuardEpoch {
		t.Fatalf("renewed, guarded by %s: %v", p.guard, err)
	}
	if at, err := p.put(t, tp, "c"); err != nil || at != 2 {
		t.Fatalf("append at %d, %v", at, err)
	}
	if len(guards) != 2 || guards[0] != GuardSequence || guards[1] != GuardEpoch {
		t.Errorf("guards %q", guards)
	}
}

// What may pass is no refusal.
func TestRefused(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{
		kafka.TransactionalIDAuthorizationFailed: true, kafka.ClusterAuthorizationFailed: true,
		kafka.UnsupportedVersion: true, kafka.InvalidRequest: true,
		kafka.Unknown: false, kafka.GroupCoordinatorNotAvailable: false, kafka.NotCoordinatorForGroup: false,
		kafka.ConcurrentTransactions: false, kafka.InvalidProducerEpoch: false, kafka.TopicAuthorizationFailed: false,
		kafka.RequestTimedOut: false,
	} {
		if got := refused(err); got != want {
			t.Errorf("%v: refused %t, want %t", err, got, want)
		}
	}
}
