package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"muster/cmd/internal/config"
	"muster/cmd/internal/model"
	"muster/consumer/kafkatest"
	"muster/uploader/facebook/graphtest"
)

// TestUnkeyedSourcesOnApacheKafka is the whole path over sources without keys and
// of unequal counts, with a replica killed and another one joining.
func TestUnkeyedSourcesOnApacheKafka(t *testing.T) {
	broker := kafkatest.Start(t)
	ctx, cancel := context.WithTimeout(t.Context(), scenarioTimeout)
	defer cancel()
	w := &world{
		t: t, brokers: broker.Addrs(), client: broker.Client(t), repartition: true,
		graph: graphtest.New(graphtest.Options{
			Accounts: []graphtest.Account{{ID: graphtest.DefaultAccount, Quota: graphtest.Unmetered()}}, Latency: 300 * time.Millisecond,
			UnknownAnswerWindow: requestTimeout / 2, ClientHeader: replicaHeader, Seed: 13,
		}),
		stream: model.New(model.Options{
			Seed: 13, People: 1_000, Audiences: 12, Partitions: streamPartitions, Steps: 12_000,
			Start: streamStart, Tick: 5 * time.Millisecond, WellKeyed: true,
		}),
	}
	u := newUnkeyed(w.stream)
	w.createUnkeyed()
	dir, start := t.TempDir(), asProcess(build(t), logDir(t))
	a := start(w, "a", filepath.Join(dir, "a"))
	b := start(w, "b", filepath.Join(dir, "b"))
	w.publishUnkeyed(u, 4_000)
	await(ctx, t, "a is killed with a request in flight", func() (bool, string) {
		if !w.writing("a") {
			w.publishUnkeyed(u, 50) // else all may be sent already
			return false, fmt.Sprintf("%+v", w.graph.Stats())
		}
		a.kill()
		return true, ""
	})
	c := start(w, "c", filepath.Join(dir, "c"))
	for w.publishUnkeyed(u, 4_000) {
	}
	w.converge(ctx)
	b.stop()
	c.stop()
	for _, v := range w.graph.Violations() {
		t.Errorf("violation: %+v", v)
	}
	got, err := readDeadLetters(t.Context(), w.client, config.Defaults().Topic(config.TopicDeadLetter))
	if err != nil {
		t.Fatal(err)
	}
	checkDeadLetters(t, got, u.letters)
	t.Logf("%+v", w.graph.Stats())
}

func (w *world) createUnkeyed() {
	w.t.Helper()
	req := &kafka.CreateTopicsRequest{}
	for topic, n := range unkeyedPartitions {
		req.Topics = append(req.Topics, kafka.TopicConfig{Topic: topic, NumPartitions: n, ReplicationFactor: 1, ConfigEntries: []kafka.ConfigEntry{
			{ConfigName: "retention.ms", ConfigValue: "-1"}, {ConfigName: "max.message.bytes", ConfigValue: "8388608"},
		}})
	}
	res, err := w.client.CreateTopics(w.t.Context(), req)
	if err != nil {
		w.t.Fatal(err)
	}
	for topic, err := range res.Errors {
		if err != nil {
			w.t.Fatal(topic, err)
		}
	}
}

// publishUnkeyed writes the next n records, or all that are left, and reports
// whether there may be more.
func (w *world) publishUnkeyed(u *unkeyed, n int) (more bool) {
	w.t.Helper()
	writer := &kafka.Writer{
		Addr: kafka.TCP(w.brokers...), RequiredAcks: kafka.RequireAll, BatchTimeout: 5 * time.Millisecond, BatchBytes: 8 << 20,
		Balancer: kafka.BalancerFunc(func(m kafka.Message, _ ...int) int { return m.WriterData.(int) }),
	}
	defer writer.Close()
	var messages []kafka.Message
	more = true
	for range n {
		r, ok := u.next()
		if more = ok; !ok {
			break
		}
		messages = append(messages, kafka.Message{Topic: r.Topic, Time: r.Time, Key: r.Key, Value: r.Value, WriterData: r.Partition})
	}
	if err := writer.WriteMessages(w.t.Context(), messages...); err != nil {
		w.t.Fatal(err)
	}
	return more
}
