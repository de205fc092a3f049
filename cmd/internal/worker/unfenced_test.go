package worker_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"muster/cmd/internal/worker"
)

// Brokers that grant no producer id: all stages work, also after somebody wrote to
// their changelogs, and the command that mends it is said once.
func TestBrokersGrantNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, c := repartitioned(t)
		w.kafka.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, Err: kerr.ClusterAuthorizationFailed, Count: -1})
		var log bytes.Buffer
		replica, stop := w.run(c, &log)
		w.produceTo("identify", 0, nil, []byte(`{"type":"identify","userId":"u1","traits":{"email":"jane@example.com"}}`))
		w.produceTo("audience-membership", 1, nil, entered("u1", "vip", "jane@example.com", true))
		w.produceTo("audience-membership", 0, nil, entered("u2", "vip", "joe@example.com", true))
		w.await("the first rows", func() bool { return cmp.Equal(w.lines(), map[string]int{"vip": 2}) })

		for _, changelog := range []string{"muster.profiles", "muster.uploads", "muster.repartition.identify"} {
			for p := range w.partitions(changelog) {
				w.stray(changelog, p)
			}
		}
		w.produceTo("audience-membership", 1, nil, entered("u2", "vip", "joe@example.com", false))
		w.produceTo("audience-membership", 1, nil, entered("u3", "vip", "sue@example.com", true))
		w.produceTo("audience-membership", 1, nil, entered("u4", "vip", "ann@example.com", true))
		w.await("the next rows", func() bool { return cmp.Equal(w.lines(), map[string]int{"vip": 3}) })
		w.await("readiness", func() bool { return replica.Status().State == worker.Ready })
		if s := replica.Status().String(); !strings.Contains(s, "brokers grant no transactional id") {
			t.Errorf("the status says %q", s)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		command := "kafka-acls.sh --bootstrap-server " + strings.Join(w.kafka.Addrs, ",") + " --add --allow-principal 'User:muster' --operation Write --operation Describe --transactional-id 'muster-' --resource-pattern-type prefixed"
		if n := strings.Count(log.String(), command); n != 1 {
			t.Errorf("the command is said %d times: %s", n, log.String())
		}
		if !strings.Contains(log.String(), "left out records of a former owner") {
			t.Error("the log does not say that there were strays")
		}
	})
}

func (w *world) partitions(topic string) int {
	w.t.Helper()
	m, err := w.client.Metadata(w.t.Context(), &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil || len(m.Topics) != 1 || m.Topics[0].Error != nil {
		w.t.Fatal(err, m)
	}
	return len(m.Topics[0].Partitions)
}

// stray writes what no stage could read, as a record that is meant for a position
// that is long taken.
func (w *world) stray(topic string, partition int) {
	w.t.Helper()
	res, err := w.client.Produce(w.t.Context(), &kafka.ProduceRequest{
		Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll,
		Records: kafka.NewRecordReader(kafka.Record{
			Key: kafka.NewBytes([]byte("vip\x00stray")), Value: kafka.NewBytes([]byte("no message")),
			Headers: []kafka.Header{{Key: "position", Value: []byte("-2")}},
		}),
	})
	if err != nil || res.Error != nil {
		w.t.Fatal(err, res)
	}
}
