package consumer_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"muster/consumer"
)

// grants are ways in which brokers refuse what fencing needs.
var grants = []struct {
	name   string
	guard  consumer.Guard
	refuse func(*kfake.Cluster)
}{
	{"no transactional id", consumer.GuardSequence, func(k *kfake.Cluster) {
		refuse(k, kerr.TransactionalIDAuthorizationFailed, transactional)
	}},
	{"no producer id", consumer.GuardPosition, func(k *kfake.Cluster) {
		refuse(k, kerr.TransactionalIDAuthorizationFailed, transactional)
		refuse(k, kerr.ClusterAuthorizationFailed, nil)
	}},
	{"another version", consumer.GuardPosition, func(k *kfake.Cluster) { refuse(k, kerr.UnsupportedVersion, nil) }},
	{"no such request", consumer.GuardPosition, nil},
	{"producer ids for the cluster's own", consumer.GuardPosition, func(k *kfake.Cluster) {
		k.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
			k.KeepControl()
			return refuseStamped(r.(*kmsg.ProduceRequest))
		})
	}},
}

func withoutProducerIDs() *kversion.Versions {
	v := kversion.Stable()
	v.SetMaxKeyVersion(int16(kmsg.InitProducerID), -1)
	return v
}

func transactional(r kmsg.Request) bool {
	return r.(*kmsg.InitProducerIDRequest).TransactionalID != nil
}

func refuse(k *kfake.Cluster, e *kerr.Error, when func(kmsg.Request) bool) {
	k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, Err: e, Count: -1, When: when})
}

// refuseStamped answers as a broker before 3.0 does that grants no IdempotentWrite.
func refuseStamped(r *kmsg.ProduceRequest) (kmsg.Response, error, bool) {
	res := r.ResponseKind().(*kmsg.ProduceResponse)
	refused := false
	for _, t := range r.Topics {
		rt := kmsg.NewProduceResponseTopic()
		rt.Topic = t.Topic
		for _, p := range t.Partitions {
			var b kmsg.RecordBatch
			if b.ReadFrom(p.Records) == nil && b.ProducerID >= 0 {
				refused = true
			}
			rp := kmsg.NewProduceResponseTopicPartition()
			rp.Partition, rp.ErrorCode = p.Partition, kerr.ClusterAuthorizationFailed.Code
			rt.Partitions = append(rt.Partitions, rp)
		}
		res.Topics = append(res.Topics, rt)
	}
	return res, nil, refused
}

// Whatever brokers refuse, tasks run and count as they do elsewhere. It is said
// once, and stays visible.
func TestBrokersGrantNoTransactionalID(t *testing.T) {
	for _, g := range grants {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const parts = 2
				var opts []kfake.Opt
				if g.refuse == nil {
					opts = append(opts, kfake.MaxVersions(withoutProducerIDs()))
				}
				w := newWorld(t, opts...)
				w.topics(parts)
				if g.refuse != nil {
					g.refuse(w.broker)
				}
				w.produce(parts, 100)
				var said bytes.Buffer
				reader := sdkmetric.NewManualReader()
				w.options.Logger = slog.New(slog.NewTextHandler(&said, nil))
				a := w.start(vfs.NewMem(), func(o *consumer.StageOptions) {
					o.Meter = sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")
				})
				w.settle(parts, a)
				w.want(parts, 10)
				for _, task := range a.stage.Status().Tasks {
					if task.Guard != g.guard {
						t.Errorf("task %d is guarded by %q, want %q", task.Partition, task.Guard, g.guard)
					}
				}
				if n := measured(t, reader, "muster.task.unfenced"); n != parts {
					t.Errorf("muster.task.unfenced is %d in all, want %d", n, parts)
				}
				a.stop()
				for _, want := range []string{"level=WARN", "brokers grant no transactional id", "transactional_id=g-", "remedy="} {
					if n := strings.Count(said.String(), want); n != 1 {
						t.Errorf("%q is said %d times: %s", want, n, said.String())
					}
				}
				b := w.start(vfs.NewMem())
				w.settle(parts, b)
				w.produce(parts, 100)
				w.settle(parts, b)
				w.want(parts, 20)
				b.stop()
			})
		})
	}
}

// What is refused for now only is waited for.
func TestFencingIsNotGivenUpEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(1)
		w.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, Err: kerr.CoordinatorNotAvailable, Count: 5})
		a := w.start(vfs.NewMem())
		w.settle(1, a)
		if g := a.stage.Status().Tasks[0].Guard; g != consumer.GuardEpoch {
			t.Errorf("guarded by %q, want %q", g, consumer.GuardEpoch)
		}
		a.stop()
	})
}

// A former owner's request arrives late, in an idle and in a busy task; and a
// request is stored twice because its answer was lost. The changelog ends in what
// the tables say, for Verify and for an owner without a disk.
func TestStraysOnKafka(t *testing.T) {
	for _, g := range grants[:2] {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.topics(1)
				g.refuse(w.broker)
				w.produce(1, 100)
				fs, reader := vfs.NewMem(), sdkmetric.NewManualReader()
				a := w.start(fs, func(o *consumer.StageOptions) {
					o.Meter = sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")
				})
				w.settle(1, a)

				w.stray("in-k1", 3) // in an idle task
				w.await("repair", func() bool { return measured(t, reader, "muster.task.repaired") == 1 })
				w.settle(1, a)
				w.stray("in-k2", 3)       // in one that writes next
				w.produceTo("in", 1, 100) // one input only: which of two is read first is not fixed
				w.settle(1, a)
				w.produceTo("in2", 1, 100)
				w.settle(1, a)
				w.want(1, 20)
				repaired := measured(t, reader, "muster.task.repaired")
				if repaired != 1+10 { // the stray's key is one of the commit's that it displaced
					t.Errorf("%d keys written again, want 11", repaired)
				}

				// A lost answer: the request is repeated.
				w.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "log", Err: kerr.RequestTimedOut})
				w.produce(1, 100)
				w.settle(1, a)
				w.want(1, 30)
				twice := measured(t, reader, "muster.task.repaired") > repaired
				if twice != (g.guard == consumer.GuardPosition) {
					t.Errorf("a repeated request was stored twice: %t, guarded by %s", twice, g.guard)
				}
				a.stop()

				r, err := w.cluster.Verify(t.Context(), consumer.VerifyOptions{
					Changelog: "log", Dir: "state/sum/0", Table: consumer.TableOptions{FS: fs}, Samples: 3,
				})
				if err != nil || r.Differs() || r.Equal != 20 {
					t.Errorf("table and changelog: %+v, %v", r, err)
				}
				b := w.start(vfs.NewMem())
				w.produce(1, 100)
				w.settle(1, b)
				w.want(1, 40)
				b.stop()
			})
		})
	}
}

// stray appends a count of 0 for a key, meant for a position that is taken.
func (w *world) stray(key string, position int) {
	w.t.Helper()
	res, err := w.cluster.Client().Produce(w.t.Context(), &kafka.ProduceRequest{
		Topic: "log", RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(kafka.Record{
			Key: kafka.NewBytes([]byte(key)), Value: kafka.NewBytes(make([]byte, 16)),
			Headers: []kafka.Header{{Key: "position", Value: fmt.Append(nil, position)}},
		}),
	})
	if err != nil || res.Error != nil {
		w.t.Fatal(err, res)
	}
}
