package consumer_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"muster/consumer"
)

// A group without committed offsets begins at the earliest records, and says so
// loudly, whether it is new or the brokers forgot its offsets: costly, never wrong.
func TestGroupWithoutOffsetsBeginsAtTheEarliest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(1)
		w.produce(1, 50)
		w.truncate("in2", 10)
		fs := vfs.NewMem()
		for _, what := range []string{"new", "forgotten"} {
			var seen witness
			var log bytes.Buffer
			r := w.start(fs, seen.watch, func(o *consumer.StageOptions) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			w.settle(1, r)
			r.stop()
			if diff := cmp.Diff(map[string][]int64{"in": span(0, 50), "in2": span(10, 50)}, seen.take()); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
			if n := strings.Count(log.String(), `level=WARN msg="the group has no offset here; starting afresh"`); n != 2 {
				t.Errorf("%s: said %d times, want once for each input:\n%s", what, n, log.String())
			}
			res, err := w.cluster.Client().DeleteGroups(t.Context(), &kafka.DeleteGroupsRequest{GroupIDs: []string{"g"}})
			if err != nil || res.Errors["g"] != nil {
				t.Fatal(err, res)
			}
		}
	})
}

// Partition counts are looked at again while tasks run: a source that gets another
// partition moves keys to other tasks, so nothing goes on until that is mended.
func TestGrownSourceStopsItsTasks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(1)
		w.produce(1, 10)
		r := w.start(vfs.NewMem())
		w.settle(1, r)
		w.grow("in", 2)
		time.Sleep(2 * time.Minute)
		s := r.stage.Status()
		if n := running(r); n != 0 || s.Err == nil || !strings.Contains(s.Err.Error(), `"in" 2`) {
			t.Errorf("%d tasks run, error %v", n, s.Err)
		}
		// Where all have grown alike there is a task for each partition.
		w.grow("in2", 2)
		w.grow("log", 2)
		w.grow("dead", 2)
		w.grow("out", 2)
		w.settle(2, r)
		for _, topic := range []string{"in", "in2", "log", "dead", "out"} {
			w.grow(topic, 3)
		}
		time.Sleep(2 * time.Minute)
		w.settle(3, r)
		r.stop()
	})
}

// grow gives a topic more partitions.
func (w *world) grow(topic string, partitions int32) {
	w.t.Helper()
	res, err := w.cluster.Client().CreatePartitions(w.t.Context(), &kafka.CreatePartitionsRequest{
		Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: partitions}},
	})
	if err != nil || res.Errors[topic] != nil {
		w.t.Fatal(err, res)
	}
}
