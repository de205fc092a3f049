package worker_test

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/consumer/kafkatest"
	"muster/uploader/facebook/graphtest"
)

// world is a Kafka and a Facebook in memory.
type world struct {
	t      *testing.T
	kafka  *kafkatest.Fake
	client *kafka.Client
	graph  *graphtest.Server

	tracers trace.TracerProvider
	meters  metric.MeterProvider
}

// newWorld is called inside a synctest bubble.
func newWorld(t *testing.T) *world {
	t.Helper()
	k := kafkatest.StartVirtual(t)
	return &world{t: t, kafka: k, client: k.Client(t), graph: graphtest.New(graphtest.Options{})}
}

func (w *world) topic(name string, partitions int, settings ...kafka.ConfigEntry) {
	w.t.Helper()
	res, err := w.client.CreateTopics(w.t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: name, NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: settings},
	}})
	if err != nil || res.Errors[name] != nil {
		w.t.Fatal(err, res)
	}
}

// produce writes one record; a nil value is a tombstone.
func (w *world) produce(topic, key string, value []byte) {
	w.t.Helper()
	w.produceTo(topic, 0, []byte(key), value)
}

// produceTo writes one record to a partition; a nil key is none.
func (w *world) produceTo(topic string, partition int, key, value []byte) {
	w.t.Helper()
	res, err := w.client.Produce(w.t.Context(), &kafka.ProduceRequest{
		Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll,
		Records: kafka.NewRecordReader(kafka.Record{Key: kafka.NewBytes(key), Value: kafka.NewBytes(value)}),
	})
	if err != nil || res.Error != nil {
		w.t.Fatal(err, res)
	}
}

func (w *world) config() *config.Config {
	c := config.Defaults()
	c.Kafka.Brokers = w.kafka.Addrs
	c.Sources = []config.Source{{Topic: "identify"}, {Topic: "audience-membership"}}
	c.Topics.ReplicationFactor = 1
	c.UserKeySecret = "a secret of the test"
	c.Facebook.AdAccount, c.Facebook.AccessToken = graphtest.DefaultAccount, graphtest.DefaultToken
	c.HTTP.Listen, c.Page.Listen = config.Off, config.Off
	return c
}

// run starts a replica with a disk of its own.
func (w *world) run(c *config.Config, log io.Writer) (replica *worker.Worker, stop func() error) {
	w.t.Helper()
	replica, err := worker.New(c, worker.Options{
		Version: "test", Dial: w.kafka.Dial, Transport: w.graph.RoundTripper(), FS: vfs.NewMem(),
		Logger:         slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		TracerProvider: w.tracers, MeterProvider: w.meters,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- replica.Run(ctx) }()
	return replica, sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
}

// await passes virtual time until done.
func (w *world) await(what string, done func() bool) {
	w.t.Helper()
	for range 20_000 {
		if done() {
			return
		}
		time.Sleep(time.Second)
	}
	w.t.Fatalf("waited for hours in vain: %s", what)
}

// lines is what Facebook holds, by audience name.
func (w *world) lines() map[string]int {
	lines := map[string]int{}
	for _, a := range w.graph.Audiences() {
		lines[a.Name] += a.Lines
	}
	return lines
}
