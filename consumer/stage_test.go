package consumer_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"muster/consumer"
)

// world is a Kafka in memory, inside a synctest bubble, or a real one.
type world struct {
	t       *testing.T
	net     *kfake.VirtualNetwork
	broker  *kfake.Cluster
	cluster *consumer.Cluster
	options consumer.ClusterOptions // of replicas
}

func newWorld(t *testing.T, opts ...kfake.Opt) *world {
	vn := new(kfake.VirtualNetwork)
	k, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(vn.Listen)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, net: vn, broker: k, options: consumer.ClusterOptions{
		Brokers: []string{"localhost:9092"}, Dial: vn.DialContext, Logger: slog.New(slog.DiscardHandler),
	}}
	w.cluster = w.connect()
	t.Cleanup(func() {
		w.cluster.Close()
		k.Close()
	})
	return w
}

func (w *world) connect() *consumer.Cluster { return consumer.NewCluster(w.options) }

func (w *world) topics(partitions int) {
	w.t.Helper()
	err := w.cluster.EnsureTopics(w.t.Context(), []consumer.Topic{
		{Name: "in", Partitions: partitions, ReplicationFactor: 1},
		{Name: "in2", Partitions: partitions, ReplicationFactor: 1},
		{Name: "log", Partitions: partitions, ReplicationFactor: 1, Config: map[string]string{"cleanup.policy": "compact"}},
		{Name: "out", Partitions: partitions, ReplicationFactor: 1},
		{Name: "dead", Partitions: partitions, ReplicationFactor: 1},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// produce writes n records per partition and topic, keys k0…k9.
func (w *world) produce(partitions, n int) {
	w.t.Helper()
	for _, topic := range []string{"in", "in2"} {
		w.produceTo(topic, partitions, n)
	}
}

func (w *world) produceTo(topic string, partitions, n int) {
	w.t.Helper()
	for p := range partitions {
		messages := make([]consumer.Message, n)
		for i := range messages {
			messages[i].Key = fmt.Appendf(nil, "%s-k%d", topic, i%10)
		}
		if _, err := w.cluster.Append(w.t.Context(), topic, p, messages); err != nil {
			w.t.Fatal(err)
		}
	}
}

// replica is one process.
type replica struct {
	stage *consumer.Stage
	stop  func()
}

func (w *world) start(fs vfs.FS, change ...func(*consumer.StageOptions)) *replica {
	w.t.Helper()
	c := w.connect()
	o := consumer.StageOptions{
		Name: "sum", Group: "g", Inputs: []consumer.Input{{Topic: "in"}, {Topic: "in2"}},
		Changelog: "log", DeadLetters: "dead", StateDir: "state", New: newSum("out"),
		HeartbeatInterval: 3 * time.Second, FetchMaxWait: 5 * time.Second,
		Table: consumer.TableOptions{FS: fs, MemTableBytes: 4 << 20}, Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&o)
	}
	s, err := consumer.NewStage(c, o)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			w.t.Errorf("run: %v", err)
		}
	})
	stop := sync.OnceFunc(func() { cancel(); wg.Wait(); c.Close() })
	w.t.Cleanup(stop) // a test that fails shows why
	return &replica{stage: s, stop: stop}
}

// counts reads the last count of every key from the output.
func (w *world) counts(partitions int) map[string]uint64 {
	w.t.Helper()
	counts := map[string]uint64{}
	for p := range partitions {
		for at := int64(0); ; {
			f, err := w.cluster.Client().Fetch(w.t.Context(), &kafka.FetchRequest{
				Topic: "out", Partition: p, Offset: at, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: 10 * time.Millisecond,
			})
			if err != nil || f.Error != nil {
				w.t.Fatal(err, f)
			}
			for {
				r, err := f.Records.ReadRecord()
				if err != nil {
					break
				}
				k, _ := kafka.ReadAll(r.Key)
				v, _ := kafka.ReadAll(r.Value)
				counts[fmt.Sprintf("%d/%s", p, k)] = binary.BigEndian.Uint64(v)
				at = r.Offset + 1
			}
			if at >= f.HighWatermark {
				break
			}
		}
	}
	return counts
}

func (w *world) want(partitions int, each uint64) {
	w.t.Helper()
	counts := w.counts(partitions)
	if len(counts) != partitions*20 {
		w.t.Fatalf("%d keys in the output, want %d", len(counts), partitions*20)
	}
	for k, n := range counts {
		if n != each {
			w.t.Errorf("%s counted %d times, want %d", k, n, each)
		}
	}
}

func running(rs ...*replica) int {
	n := 0
	for _, r := range rs {
		for _, t := range r.stage.Status().Tasks {
			lag := int64(0)
			for _, l := range t.Lag {
				lag += l
			}
			if t.State == consumer.StateRunning && lag == 0 {
				n++
			}
		}
	}
	return n
}

// settle waits, in the bubble's time, until all tasks run without lag.
func (w *world) settle(tasks int, rs ...*replica) {
	w.t.Helper()
	for range 600 {
		if running(rs...) == tasks {
			time.Sleep(6 * time.Second) // one idle fetch: what was produced last is seen
			if running(rs...) == tasks {
				return
			}
		}
		time.Sleep(time.Second)
	}
	for _, r := range rs {
		w.t.Logf("status: %+v", r.stage.Status())
	}
	w.t.Fatalf("not settled: %d of %d tasks run without lag", running(rs...), tasks)
}

func TestStageCountsOnceThroughJoinsAndLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const parts = 4
		w := newWorld(t)
		w.topics(parts)
		w.produce(parts, 500)
		diskA, diskB := vfs.NewMem(), vfs.NewMem()
		a := w.start(diskA)
		w.settle(parts, a)
		w.want(parts, 50)

		b := w.start(diskB)
		w.settle(parts, a, b)
		if n := len(b.stage.Status().Tasks); n != 2 {
			t.Errorf("second replica has %d tasks, want 2", n)
		}
		w.produce(parts, 500)
		w.settle(parts, a, b)
		w.want(parts, 100)

		a.stop()
		w.produce(parts, 500)
		w.settle(parts, b)
		w.want(parts, 150)

		// A replica without its disk restores all from the changelog.
		b.stop()
		w.produce(parts, 500)
		c := w.start(vfs.NewMem())
		w.settle(parts, c)
		w.want(parts, 200)
		c.stop()
	})
}

// slow is a stage that needs a fixed time for each record.
type slow struct {
	consumer.Processor
	each time.Duration
}

func (s slow) Process(ctx context.Context, tx *consumer.Tx, records []consumer.Record) error {
	time.Sleep(time.Duration(len(records)) * s.each)
	return s.Processor.Process(ctx, tx, records)
}

// Two slow members share the work: neither is left out of a generation because
// its commit takes longer than the rebalance time-out.
func TestSlowMembersStayInTheGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const parts = 2
		w := newWorld(t)
		w.topics(parts)
		w.produce(parts, 500)
		generations := map[int32]bool{}
		var mu sync.Mutex
		slowly := func(o *consumer.StageOptions) {
			made := o.New
			o.New = func(i consumer.TaskInfo) (consumer.Processor, error) {
				mu.Lock()
				generations[i.Generation] = true
				mu.Unlock()
				p, err := made(i)
				return slow{p, 100 * time.Millisecond}, err
			}
		}
		a := w.start(vfs.NewMem(), slowly)
		time.Sleep(20 * time.Second)
		b := w.start(vfs.NewMem(), slowly)
		w.settle(parts, a, b)
		w.want(parts, 50)
		if n := len(a.stage.Status().Tasks); n != 1 {
			t.Errorf("the first member has %d tasks, want 1", n)
		}
		if len(generations) > 3 {
			t.Errorf("%d generations, want 2: somebody was left out", len(generations))
		}
		a.stop()
		b.stop()
	})
}

// A changelog that is deleted and made anew under a live owner is noticed, also
// by one that has nothing to write: the table is wiped, and what it held is read
// again from the sources.
// slowStart is a stage whose Start needs long.
type slowStart struct {
	consumer.Processor
	takes time.Duration
}

func (s slowStart) Start(ctx context.Context, tx *consumer.Tx, start consumer.Start) error {
	select {
	case <-time.After(s.takes):
		return s.Processor.Start(ctx, tx, start)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Members whose takeovers need longer than the rebalance time-out come to the end
// of them all the same: a rebalance interrupts them, so nobody is left out, and
// the next generation lasts.
func TestLongTakeoversEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const parts = 2
		w := newWorld(t)
		w.topics(parts)
		w.produce(parts, 50)
		long := func(o *consumer.StageOptions) {
			made := o.New
			o.New = func(i consumer.TaskInfo) (consumer.Processor, error) {
				p, err := made(i)
				return slowStart{p, 100 * time.Second}, err
			}
		}
		a := w.start(vfs.NewMem(), long)
		time.Sleep(20 * time.Second)
		b := w.start(vfs.NewMem(), long)
		w.settle(parts, a, b)
		w.want(parts, 5)
		a.stop()
		b.stop()
	})
}

// beginner notes whether its owner is told that it is the task's first.
type beginner struct {
	consumer.Processor
	fresh *atomic.Bool
}

func (b *beginner) Start(ctx context.Context, tx *consumer.Tx, s consumer.Start) error {
	b.fresh.Store(s.Fresh)
	return b.Processor.Start(ctx, tx, s)
}

func TestChangelogMadeAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(1)
		w.produce(1, 100)
		var seen witness
		var log bytes.Buffer
		fs := vfs.NewMem()
		var fresh atomic.Bool
		a := w.start(fs, seen.watch, func(o *consumer.StageOptions) {
			o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			made := o.New
			o.New = func(i consumer.TaskInfo) (consumer.Processor, error) {
				p, err := made(i)
				return &beginner{p, &fresh}, err
			}
		})
		w.settle(1, a)
		if !fresh.Load() {
			t.Error("the first owner is not the first")
		}
		seen.take()
		w.recreate("log", map[string]string{"cleanup.policy": "compact"})
		time.Sleep(5 * time.Minute)
		w.settle(1, a)
		a.stop()
		if fresh.Load() {
			t.Error("somebody owned the task before, and may still have a request in flight")
		}
		if got := seen.take(); !cmp.Equal(got["in"], span(0, 100)) || !cmp.Equal(got["in2"], span(0, 100)) {
			t.Errorf("read again: %d and %d records, want all", len(got["in"]), len(got["in2"]))
		}
		for _, line := range []string{"local table is unusable", "reading everything again"} {
			if !strings.Contains(log.String(), line) {
				t.Errorf("the log does not say %q: %s", line, log.String())
			}
		}
		// What the new changelog holds is enough for an owner without a disk.
		w.produce(1, 100)
		b := w.start(vfs.NewMem())
		w.settle(1, b)
		w.want(1, 20)
		b.stop()
	})
}

// A disk that was away for longer than tombstones are kept is restored, with a
// line in the log.
func TestOldTableIsRestored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(1)
		w.produce(1, 100)
		fs := vfs.NewMem()
		for _, tt := range []struct {
			away     time.Duration
			restored bool
		}{{0, false}, {5 * 24 * time.Hour, false}, {7 * 24 * time.Hour, true}} {
			w.cluster.Close() // or it looks at metadata all the time
			time.Sleep(tt.away)
			var log bytes.Buffer
			r := w.start(fs, func(o *consumer.StageOptions) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			w.settle(1, r)
			r.stop()
			if got := strings.Contains(log.String(), "was last current"); got != tt.restored {
				t.Errorf("after %s: restored %t: %s", tt.away, got, log.String())
			}
		}
	})
}
