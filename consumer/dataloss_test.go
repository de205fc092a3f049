package consumer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"muster/consumer"
)

// witness notes the offsets that a stage is given, by topic.
type witness struct {
	mu   sync.Mutex
	seen map[string][]int64
}

func (w *witness) take() map[string][]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.seen
	w.seen = nil
	return s
}

func (w *witness) watch(o *consumer.StageOptions) {
	made := o.New
	o.New = func(i consumer.TaskInfo) (consumer.Processor, error) {
		p, err := made(i)
		return witnessed{p, w}, err
	}
}

type witnessed struct {
	consumer.Processor
	w *witness
}

func (p witnessed) Process(ctx context.Context, tx *consumer.Tx, records []consumer.Record) error {
	p.w.mu.Lock()
	if p.w.seen == nil {
		p.w.seen = map[string][]int64{}
	}
	for _, r := range records {
		p.w.seen[r.Topic] = append(p.w.seen[r.Topic], r.Offset)
	}
	p.w.mu.Unlock()
	return p.Processor.Process(ctx, tx, records)
}

// span is the offsets from up to but without to.
func span(from, to int64) []int64 {
	var s []int64
	for ; from < to; from++ {
		s = append(s, from)
	}
	return s
}

// truncate deletes the records of partition 0 below offset, as retention does.
func (w *world) truncate(topic string, offset int64) {
	w.t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers("localhost:9092"), kgo.Dialer(w.net.DialContext))
	if err != nil {
		w.t.Fatal(err)
	}
	defer cl.Close()
	req := kmsg.NewDeleteRecordsRequest()
	req.TimeoutMillis = 5000
	rt := kmsg.NewDeleteRecordsRequestTopic()
	rt.Topic = topic
	rp := kmsg.NewDeleteRecordsRequestTopicPartition()
	rp.Offset = offset
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	res, err := req.RequestWith(w.t.Context(), cl)
	if err != nil || res.Topics[0].Partitions[0].ErrorCode != 0 {
		w.t.Fatal(err, res)
	}
}

// recreate deletes a topic and makes it anew.
func (w *world) recreate(topic string, config map[string]string) {
	w.t.Helper()
	if res, err := w.cluster.Client().DeleteTopics(w.t.Context(), &kafka.DeleteTopicsRequest{Topics: []string{topic}}); err != nil || res.Errors[topic] != nil {
		w.t.Fatal(err, res)
	}
	entries := []kafka.ConfigEntry{}
	for k, v := range config {
		entries = append(entries, kafka.ConfigEntry{ConfigName: k, ConfigValue: v})
	}
	res, err := w.cluster.Client().CreateTopics(w.t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: topic, NumPartitions: 1, ReplicationFactor: 1, ConfigEntries: entries},
	}})
	if err != nil || res.Errors[topic] != nil {
		w.t.Fatal(err, res)
	}
}

// move commits an offset as an operator does while the group is empty.
func (w *world) move(topic string, offset int64) {
	w.t.Helper()
	moved := map[string][]kafka.OffsetCommit{topic: {{Partition: 0, Offset: offset}}}
	res, err := w.cluster.Client().OffsetCommit(w.t.Context(), &kafka.OffsetCommitRequest{GroupID: "g", GenerationID: -1, Topics: moved})
	if err != nil || res.Topics[topic][0].Error != nil {
		w.t.Fatal(err, res)
	}
}

func (w *world) await(what string, done func() bool) {
	w.t.Helper()
	for range 600 {
		if done() {
			return
		}
		time.Sleep(time.Second)
	}
	w.t.Fatalf("waited in vain: %s", what)
}

// lossy starts a replica that tells what it does about lost records.
func (w *world) lossy(fs vfs.FS, seen *witness, reader sdkmetric.Reader, skip bool) *replica {
	return w.start(fs, seen.watch, func(o *consumer.StageOptions) {
		for i := range o.Inputs {
			o.Inputs[i].SkipLost, o.Inputs[i].LossRemedy = skip, "turn the key"
		}
		o.Meter = sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")
	})
}

// stopped waits for the task's data loss and returns its error.
func (w *world) stopped(r *replica) *consumer.DataLossError {
	w.t.Helper()
	var status consumer.TaskStatus
	w.await("data_loss", func() bool {
		for _, status = range r.stage.Status().Tasks {
			if status.State == consumer.StateDataLoss {
				return true
			}
		}
		return false
	})
	loss, ok := errors.AsType[*consumer.DataLossError](status.Err)
	if !ok || !errors.Is(status.Err, consumer.ErrDataLoss) {
		w.t.Fatalf("stopped by %v", status.Err)
	}
	return loss
}

func measured(t *testing.T, reader sdkmetric.Reader, name string) int64 {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != name {
				continue
			}
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					sum += p.Value
				}
			case metricdata.Gauge[int64]:
				for _, p := range d.DataPoints {
					sum += p.Value
				}
			}
		}
	}
	return sum
}

// Retention that overtook a reader stops the task until somebody decides; with
// SkipLost it goes on at the earliest record and counts what it skipped.
func TestRetentionOvertakesTheReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(1)
		w.produce(1, 100)
		var seen witness
		fs := vfs.NewMem()
		r := w.lossy(fs, &seen, sdkmetric.NewManualReader(), false)
		w.settle(1, r)
		r.stop()
		seen.take()

		w.produce(1, 100)
		w.truncate("in", 150)
		reader := sdkmetric.NewManualReader()
		r = w.lossy(fs, &seen, reader, false)
		loss := w.stopped(r)
		want := &consumer.DataLossError{Topic: "in", Partition: 0, Wanted: 100, Start: 150, End: 200, Remedy: "turn the key"}
		if diff := cmp.Diff(want, loss); diff != "" {
			t.Error(diff)
		}
		if m := loss.Error(); !strings.Contains(m, "offset 100 of in/0") || !strings.Contains(m, "150 to 200") || !strings.Contains(m, "turn the key") {
			t.Errorf("error: %s", m)
		}
		time.Sleep(time.Hour)
		if n := measured(t, reader, "muster.task.data_loss"); n != 1 {
			t.Errorf("muster.task.data_loss is %d after an hour, want 1", n)
		}
		if got := seen.take()["in"]; len(got) > 0 {
			t.Errorf("went on at %v", got)
		}
		r.stop()

		reader = sdkmetric.NewManualReader()
		r = w.lossy(fs, &seen, reader, true)
		w.settle(1, r)
		if diff := cmp.Diff(span(150, 200), seen.take()["in"]); diff != "" {
			t.Error(diff)
		}
		if n := measured(t, reader, "muster.source.lost"); n != 50 {
			t.Errorf("muster.source.lost is %d, want 50", n)
		}
		r.stop()
		// The jump is made once.
		reader = sdkmetric.NewManualReader()
		r = w.lossy(fs, &seen, reader, true)
		w.settle(1, r)
		if n := measured(t, reader, "muster.source.lost"); n != 0 || len(seen.take()["in"]) > 0 {
			t.Errorf("the next owner skipped %d records again", n)
		}
		r.stop()
	})
}

// A source that was made anew is data loss too, and stays so when it has grown
// past the wanted offset: nobody goes on in the middle of other records.
func TestSourceMadeAnew(t *testing.T) {
	t.Parallel()
	for _, live := range []bool{false, true} {
		t.Run(fmt.Sprintf("while running %t", live), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { testSourceMadeAnew(t, live) })
		})
	}
}

func testSourceMadeAnew(t *testing.T, live bool) {
	w := newWorld(t)
	w.topics(1)
	w.produce(1, 100)
	var seen witness
	fs := vfs.NewMem()
	r := w.lossy(fs, &seen, sdkmetric.NewManualReader(), false)
	w.settle(1, r)
	if !live {
		r.stop()
	}
	seen.take()
	w.recreate("in", nil)
	if !live {
		w.move("in", 100) // Kafka forgets the offsets of a deleted topic; a restored cluster may not
		w.produce(1, 10)
		r = w.lossy(fs, &seen, sdkmetric.NewManualReader(), false)
	}
	loss := w.stopped(r)
	if loss.Wanted != 100 || loss.Start != 0 || loss.End >= 100 {
		t.Errorf("loss: %+v", loss)
	}
	r.stop()

	w.produce(1, 200)
	r = w.lossy(fs, &seen, sdkmetric.NewManualReader(), false)
	loss = w.stopped(r)
	if loss.Wanted != 100 || loss.End < 200 {
		t.Errorf("loss of the next owner: %+v", loss)
	}
	if got := seen.take()["in"]; len(got) > 0 {
		t.Errorf("went on at %v", got)
	}
	r.stop()

	r = w.lossy(fs, &seen, sdkmetric.NewManualReader(), true)
	w.settle(1, r)
	if diff := cmp.Diff(span(0, loss.End), seen.take()["in"]); diff != "" {
		t.Error(diff)
	}
	r.stop()
}

// Moving the group removes the mark: the operator has decided.
func TestMovedGroupGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(1)
		w.produce(1, 100)
		var seen witness
		r := w.lossy(vfs.NewMem(), &seen, sdkmetric.NewManualReader(), false)
		w.settle(1, r)
		w.recreate("in", nil)
		w.stopped(r)
		r.stop()
		seen.take()
		w.produce(1, 100)
		w.move("in", 7)
		r = w.lossy(vfs.NewMem(), &seen, sdkmetric.NewManualReader(), false)
		w.settle(1, r)
		if diff := cmp.Diff(map[string][]int64{"in": span(7, 100), "in2": span(100, 200)}, maps.Clone(seen.take())); diff != "" {
			t.Error(diff)
		}
		r.stop()
	})
}
