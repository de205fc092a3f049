package consumer_test

import (
	"context"
	"log/slog"
	"net"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/segmentio/kafka-go/sasl/plain"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"muster/consumer"
	"muster/consumer/kafkatest"
)

// A real Kafka with ACLs that grant topics and groups, and no transactional id: the
// stage works, leaves out a stray, and is fenced again once the right is granted.
func TestRealKafkaGrantsNoTransactionalID(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a real Kafka")
	}
	// The login is asked for at the door only; who comes in otherwise may do anything.
	k := kafkatest.StartCluster(t, kafkatest.Options{Doors: 1, Properties: map[string]string{
		"listener.security.protocol.map":             "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,DOOR0:SASL_PLAINTEXT",
		"sasl.enabled.mechanisms":                    "PLAIN",
		"listener.name.door0.plain.sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required user_ads="of-the-test";`,
		"authorizer.class.name":                      "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"super.users":                                "User:ANONYMOUS",
	}})
	allow := func(args ...string) {
		t.Helper()
		args = append([]string{"--bootstrap-server", k.Addrs()[0], "--add", "--allow-principal", "User:ads", "--resource-pattern-type", "prefixed"}, args...)
		if _, err := k.Tool(t.Context(), "org.apache.kafka.tools.AclCommand", args...); err != nil {
			t.Fatal(err)
		}
	}
	for _, topic := range []string{"in", "log", "out", "dead"} {
		allow("--operation", "Read", "--operation", "Write", "--operation", "Describe", "--topic", topic)
	}
	allow("--operation", "Read", "--operation", "Describe", "--group", "g")

	quiet := slog.New(slog.DiscardHandler)
	door := k.Nodes()[0].Doors()[0]
	w := &world{
		t: t, cluster: consumer.NewCluster(consumer.ClusterOptions{Brokers: k.Addrs(), Logger: quiet}),
		options: consumer.ClusterOptions{
			Brokers: []string{door.Listen}, Logger: quiet, SASL: plain.Mechanism{Username: "ads", Password: "of-the-test"},
			// No proxy stands where clients of the door are sent.
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				if addr == door.Advertised {
					addr = door.Listen
				}
				return new(net.Dialer).DialContext(ctx, network, addr)
			},
		},
	}
	t.Cleanup(w.cluster.Close)
	w.topics(1)
	w.produce(1, 100)
	fs, reader := vfs.NewMem(), sdkmetric.NewManualReader()
	a := w.start(fs, func(o *consumer.StageOptions) {
		o.Meter = sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")
	})
	w.awaitCounts(10)
	if g := a.stage.Status().Tasks[0].Guard; g != consumer.GuardSequence {
		t.Errorf("guarded by %q, want %q", g, consumer.GuardSequence)
	}
	w.stray("in-k1", 3)
	w.produce(1, 100)
	w.awaitCounts(20)
	if n := measured(t, reader, "muster.task.repaired"); n == 0 {
		t.Error("nothing was written again after a stray")
	}
	a.stop()

	allow("--operation", "Write", "--operation", "Describe", "--transactional-id", "g-")
	b := w.start(vfs.NewMem())
	w.produce(1, 100)
	w.awaitCounts(30)
	if g := b.stage.Status().Tasks[0].Guard; g != consumer.GuardEpoch {
		t.Errorf("guarded by %q, want %q", g, consumer.GuardEpoch)
	}
	b.stop()
}

// awaitCounts waits until each key of one partition was counted this often.
func (w *world) awaitCounts(each uint64) {
	w.t.Helper()
	w.await("counts", func() bool {
		counts := w.counts(1)
		for _, n := range counts {
			if n != each {
				return false
			}
		}
		return len(counts) == 20
	})
}
