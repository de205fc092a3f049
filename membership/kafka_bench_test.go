package membership_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"muster/consumer"
	"muster/consumer/kafkatest"
	"muster/membership"
	"muster/schema"
)

// The topics of the benchmark.
const (
	benchPartitions = 4
	benchUsers      = 50_000
	benchEvents     = 200_000 // a quarter of them change a membership
)

// BenchmarkRealKafka measures the stage on a real broker, changelog, emissions
// and offset commits included, beside a bare read of the same topic with
// kafka-go in the same run.
func BenchmarkRealKafka(b *testing.B) {
	if testing.Short() {
		b.Skip("starts a real Kafka")
	}
	k := kafkatest.StartCluster(b, kafkatest.Options{})
	c := consumer.NewCluster(consumer.ClusterOptions{Brokers: k.Addrs(), Logger: slog.New(slog.DiscardHandler)})
	b.Cleanup(c.Close)
	benchTopics(b, c)
	run := 0
	for b.Loop() {
		run++
		bare := benchBareRead(b, c)
		stage := benchStage(b, c, run)
		b.ReportMetric(benchEvents/bare.Seconds(), "bare-events/s")
		b.ReportMetric(benchEvents/stage.Seconds(), "events/s")
		b.ReportMetric(stage.Seconds()/bare.Seconds(), "x-bare-read")
	}
}

func benchTopics(b *testing.B, c *consumer.Cluster) {
	b.Helper()
	err := c.EnsureTopics(b.Context(), []consumer.Topic{
		{Name: "identify", Partitions: benchPartitions, ReplicationFactor: 1},
		{Name: "dead", Partitions: benchPartitions, ReplicationFactor: 1},
	})
	if err != nil {
		b.Fatal(err)
	}
	for p := range benchPartitions {
		var events [][2][]byte
		var flush func()
		flush = func() {
			records := make([]kafka.Record, len(events)) // a try uses them up
			for i, e := range events {
				records[i] = kafka.Record{Key: kafka.NewBytes(e[0]), Value: kafka.NewBytes(e[1])}
			}
			res, err := c.Client().Produce(b.Context(), &kafka.ProduceRequest{
				Topic: "identify", Partition: p, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
			})
			if err == nil {
				err = res.Error
			}
			if errors.Is(err, kafka.NotLeaderForPartition) || errors.Is(err, kafka.UnknownTopicOrPartition) {
				time.Sleep(100 * time.Millisecond) // the topic is new
				flush()
				return
			}
			if err != nil {
				b.Fatal(err)
			}
			events = events[:0]
		}
		for i := p; i < benchEvents; i += benchPartitions {
			key, value := benchEvent(i)
			events = append(events, [2][]byte{key, value})
			if len(events) == 1000 {
				flush()
			}
		}
		if len(events) > 0 {
			flush()
		}
	}
}

// benchEvent makes event i: every fourth says a membership, the others a profile.
func benchEvent(i int) (key, value []byte) {
	user := (i*7919 + i/benchUsers) % benchUsers
	user += (i%benchPartitions - user%benchPartitions + benchPartitions) % benchPartitions // stay in the partition
	key = fmt.Appendf(nil, "user-%06d", user)
	at := time.UnixMilli(1_780_000_000_000 + int64(i)).UTC().Format(time.RFC3339Nano)
	if i/benchPartitions%4 == 0 {
		return key, fmt.Appendf(nil, `{"type":"identify","userId":%q,"messageId":"m-%d","timestamp":%q,"context":{"personas":{"computation_class":"audience","computation_id":"aud_1","computation_key":"audience_%d","space_id":"spa_1"}},"traits":{"audience_%d":%t,"email":"user-%06d@example.com"}}`,
			key, i, at, i%20, i%20, i%3 != 0, user)
	}
	return key, fmt.Appendf(nil, `{"type":"identify","userId":%q,"messageId":"m-%d","timestamp":%q,"traits":{"email":"user-%06d@example.com","phone":"+1202555%04d","firstName":"Jane","lastName":"Doe","gender":"female","birthday":"1971-02-05","address":{"city":"San Francisco","state":"CA","postalCode":"94103","country":"USA"}},"context":{"device":{"type":"ios","advertisingId":"7A3CBEA0-BDF5-11E4-8DFC-%012d","adTrackingEnabled":true}}}`,
		key, i, at, user, i%10000, user)
}

// benchBareRead reads every record of the topic and does nothing with it.
func benchBareRead(b *testing.B, c *consumer.Cluster) time.Duration {
	b.Helper()
	began := time.Now()
	var wg sync.WaitGroup
	for p := range benchPartitions {
		wg.Go(func() {
			for at := int64(0); at < benchEvents/benchPartitions; {
				f, err := c.Client().Fetch(b.Context(), &kafka.FetchRequest{
					Topic: "identify", Partition: p, Offset: at, MinBytes: 1, MaxBytes: 4 << 20, MaxWait: time.Second,
				})
				if err != nil || f.Error != nil {
					b.Error(err, f)
					return
				}
				for {
					r, err := f.Records.ReadRecord()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						b.Error(err)
						return
					}
					for _, x := range []kafka.Bytes{r.Key, r.Value} {
						if _, err := kafka.ReadAll(x); err != nil {
							b.Error(err)
						}
						_ = x.Close() // gives pages back, cannot fail
					}
					at = max(at, r.Offset+1)
				}
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// benchStage runs the stage in a group and with topics of its own until it has
// read everything.
func benchStage(b *testing.B, c *consumer.Cluster, run int) time.Duration {
	b.Helper()
	compact := map[string]string{"cleanup.policy": "compact"}
	profiles, members := fmt.Sprintf("profiles-%d", run), fmt.Sprintf("members-%d", run)
	err := c.EnsureTopics(b.Context(), []consumer.Topic{
		{Name: profiles, Partitions: benchPartitions, ReplicationFactor: 1, Config: compact},
		{Name: members, Partitions: benchPartitions, ReplicationFactor: 1, Config: compact},
	})
	if err != nil {
		b.Fatal(err)
	}
	s, err := consumer.NewStage(c, consumer.StageOptions{
		Name: "membership", Group: fmt.Sprintf("bench-%d", run), Inputs: []consumer.Input{{Topic: "identify"}},
		Changelog: profiles, DeadLetters: "dead", StateDir: b.TempDir(), Logger: slog.New(slog.DiscardHandler),
		New: membership.New(membership.Options{
			Decoder:      schema.DecoderOptions{UserKeySecret: []byte("0123456789abcdef")},
			MembersTopic: members, MembersPartitions: benchPartitions,
		}),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	var began time.Time
	go func() { done <- s.Run(ctx) }()
	for began.IsZero() || !caughtUp(s) {
		if began.IsZero() && running(s) {
			began = time.Now() // joined and restored: from here on it reads
		}
		time.Sleep(time.Millisecond)
	}
	took := time.Since(began)
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	return took
}

func running(s *consumer.Stage) bool {
	tasks := s.Status().Tasks
	for _, t := range tasks {
		if t.State != consumer.StateRunning {
			return false
		}
	}
	return len(tasks) == benchPartitions
}

func caughtUp(s *consumer.Stage) bool {
	if !running(s) {
		return false
	}
	for _, t := range s.Status().Tasks {
		for _, lag := range t.Lag {
			if lag > 0 {
				return false
			}
		}
	}
	return true
}
