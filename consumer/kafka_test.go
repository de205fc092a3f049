package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"muster/consumer/kafkatest"
)

// TestRealKafka holds the engine to what only a real broker does: the fencing
// window, transactions, batches that compaction left empty, a heartbeat's answer.
func TestRealKafka(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a real Kafka")
	}
	k := kafkatest.StartCluster(t, kafkatest.Options{Properties: map[string]string{
		"log.cleaner.backoff.ms": "100", "log.retention.check.interval.ms": "1000",
	}})
	c := NewCluster(ClusterOptions{Brokers: k.Addrs(), Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(c.Close)
	t.Run("fencing", func(t *testing.T) { testFencing(t, c) })
	t.Run("transactions", func(t *testing.T) { testTransactions(t, c, k.Addrs()) })
	t.Run("compaction", func(t *testing.T) { testCompaction(t, c) })
	t.Run("heartbeat", func(t *testing.T) {
		// A coordinator that still loads its groups answers anybody without an error.
		for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
			err := c.heartbeat(t.Context(), member{group: "strangers", id: "stranger", generation: 1})
			if errors.Is(err, errLost) {
				return
			}
			if err != nil || time.Since(began) > 30*time.Second {
				t.Fatalf("a stranger's heartbeat returned %v, want errLost", err)
			}
		}
	})
}

func makeTopic(t *testing.T, c *Cluster, name string, config map[string]string) topicPartition {
	t.Helper()
	err := c.EnsureTopics(t.Context(), []Topic{{Name: name, Partitions: 1, ReplicationFactor: 1, Config: config}})
	if err != nil {
		t.Fatal(err)
	}
	return topicPartition{name, 0}
}

func openProducer(t *testing.T, c *Cluster, id string) *producer {
	t.Helper()
	p := &producer{cluster: c, transactionalID: id}
	if err := p.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func values(vs ...string) []kafka.Record {
	rs := make([]kafka.Record, len(vs))
	for i, v := range vs {
		rs[i] = kafka.Record{Key: kafka.NewBytes([]byte("k")), Value: kafka.NewBytes([]byte(v))}
	}
	return rs
}

func (p *producer) put(t *testing.T, tp topicPartition, vs ...string) (int64, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	return p.produce(ctx, tp, p.sequence(tp), values(vs...))
}

func readAllValues(t *testing.T, c *Cluster, tp topicPartition) (values []string, holes bool) {
	t.Helper()
	end, err := c.endOffset(t.Context(), tp.topic, tp.partition)
	if err != nil {
		t.Fatal(err)
	}
	r := partitionReader{cluster: c, topic: tp.topic, partition: tp.partition, maxBytes: 1 << 20, maxWait: 100 * time.Millisecond}
	for r.next < end {
		f, err := r.read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range f.records {
			values = append(values, string(rec.Value))
		}
	}
	return values, int64(len(values)) < end
}

func testFencing(t *testing.T, c *Cluster) {
	tp := makeTopic(t, c, "fenced", nil)
	older := openProducer(t, c, "task-0")
	if at, err := older.put(t, tp, "a", "b"); err != nil || at != 0 {
		t.Fatalf("first append at %d, %v", at, err)
	}
	// A repeated request is stored once, and answered with the first offset.
	again := int32(0)
	if at, err := older.produce(t.Context(), tp, &again, values("a", "b")); err != nil || at != 0 {
		t.Fatalf("repeated append at %d, %v", at, err)
	}
	newer := openProducer(t, c, "task-0")
	if at, err := newer.put(t, tp, "fence"); err != nil || at != 2 {
		t.Fatalf("newer owner's append at %d, %v; want 2", at, err)
	}
	if err := newer.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at, err := newer.put(t, tp, "renewed"); err != nil || at != 3 {
		t.Fatalf("append after renewal at %d, %v; want 3", at, err)
	}
	if err := older.renew(t.Context()); !errors.Is(err, ErrFenced) {
		t.Errorf("older owner's renewal returned %v, want ErrFenced", err)
	}
	if _, err := older.put(t, tp, "zombie"); !errors.Is(err, ErrFenced) {
		t.Errorf("older owner's append returned %v, want ErrFenced", err)
	}
	if got, _ := readAllValues(t, c, tp); !slices.Equal(got, []string{"a", "b", "fence", "renewed"}) {
		t.Errorf("the log holds %q", got)
	}
}

func testTransactions(t *testing.T, c *Cluster, addrs []string) {
	tp := makeTopic(t, c, "transacted", nil)
	cl, err := kgo.NewClient(kgo.SeedBrokers(addrs...), kgo.TransactionalID("source"), kgo.DefaultProduceTopic(tp.topic))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	var want []string
	for i := range 6 {
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		v := fmt.Sprintf("v%d", i)
		if err := cl.ProduceSync(t.Context(), kgo.StringRecord(v)).FirstErr(); err != nil {
			t.Fatal(err)
		}
		commit := kgo.TransactionEndTry(i%3 != 1)
		if commit {
			want = append(want, v)
		}
		if err := cl.EndTransaction(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := readAllValues(t, c, tp); !slices.Equal(got, want) {
		t.Errorf("read %q, want the committed %q", got, want)
	}
}

// Compaction of a log written with producer ids leaves holes and empty batches.
func testCompaction(t *testing.T, c *Cluster) {
	tp := makeTopic(t, c, "compacted", map[string]string{
		"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.001", "max.compaction.lag.ms": "200",
	})
	p := openProducer(t, c, "task-1")
	deadline := time.Now().Add(60 * time.Second)
	for i := 0; ; i++ {
		if _, err := p.put(t, tp, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		got, holes := readAllValues(t, c, tp)
		if len(got) == 0 || got[len(got)-1] != fmt.Sprint(i) {
			t.Fatalf("after writing %d the log reads %q", i, got)
		}
		if holes {
			testVerifyCompacted(t, c, tp, Position(i))
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the broker compacted nothing")
		}
		time.Sleep(200 * time.Millisecond)
	}
}
