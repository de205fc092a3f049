package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"muster/consumer/kafkatest"
)

// broker is an emulated Kafka with two sources of two partitions, and the flags
// to reach it.
type broker struct {
	*kafkatest.Fake
	client *kafka.Client
	flags  []string
}

func startBroker(t *testing.T) *broker {
	t.Helper()
	k := kafkatest.StartFake(t)
	b := &broker{Fake: k, client: k.Client(t), flags: []string{
		"--set", "kafka.brokers=" + strings.Join(k.Addrs, ","), "--set", "sources=[{topic: identify}, {topic: membership}]",
		"--set", "topics.replication_factor=1",
	}}
	for _, topic := range []string{"identify", "membership"} {
		res, err := b.client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
			{Topic: topic, NumPartitions: 2, ReplicationFactor: 1},
		}})
		if err != nil || res.Errors[topic] != nil {
			t.Fatal(err, res)
		}
	}
	return b
}

// do carries out a command line against the broker.
func (b *broker) do(t *testing.T, stdin string, args ...string) output {
	t.Helper()
	return do(t.Context(), stdin, nil, append(args, b.flags...)...)
}

func (b *broker) produce(t *testing.T, topic string, partition int, records ...kafka.Record) {
	t.Helper()
	res, err := b.client.Produce(t.Context(), &kafka.ProduceRequest{
		Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
	})
	if err != nil || res.Error != nil {
		t.Fatal(err, res)
	}
}

// commit sets an offset of a group without members.
func (b *broker) commit(t *testing.T, group, topic string, partition int, offset int64) {
	t.Helper()
	res, err := b.client.OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{
		GroupID: group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{topic: {{Partition: partition, Offset: offset}}},
	})
	if err != nil || res.Topics[topic][0].Error != nil {
		t.Fatal(err, res)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	epoch := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	for i := range 5 {
		for p := range 2 {
			b.produce(t, "identify", p, kafka.Record{Time: epoch.Add(time.Duration(i) * time.Minute), Key: kafka.NewBytes([]byte("u")), Value: kafka.NewBytes([]byte("{}"))})
		}
	}
	b.commit(t, "muster-membership", "identify", 0, 4)
	b.commit(t, "muster-membership", "identify", 1, 1)
	var all strings.Builder
	for _, args := range [][]string{
		{"--to", "earliest", "--dry-run"},
		{"--to", "2026-11-20T10:02:00Z", "--dry-run"},
		{"--to-offset", "99", "--topic", "identify", "--partition", "1", "--dry-run"},
		{"--to", "2026-11-20T11:00:00+01:00", "--yes"},
		{"--to", "2027-01-01T00:00:00Z", "--topic", "identify", "--yes"},
		{"--to", "earliest", "--dry-run"},
	} {
		got := b.do(t, "", append([]string{"replay"}, args...)...)
		if got.err != nil {
			t.Fatal(args, got.err)
		}
		fmt.Fprintf(&all, "$ muster replay %s\n%s%s\n", strings.Join(args, " "), got.stdout, got.stderr)
	}
	golden(t, "replay.txt", all.String())

	if got := b.do(t, "", "replay", "--stage", "uploader", "--to", "earliest", "--yes"); got.err == nil || !strings.Contains(got.err.Error(), `"muster.members" does not exist`) {
		t.Errorf("uploader without its topic: %+v", got)
	}
}

// Where sources are repartitioned, each has a group of its own.
func TestReplayOfRepartitioned(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	b.flags = append(b.flags, "--set", "sources=[{topic: identify, repartition: true}, {topic: membership, repartition: true}]")
	b.produce(t, "identify", 0, kafka.Record{Value: kafka.NewBytes([]byte("{}"))})
	b.commit(t, "muster-repartition-identify", "identify", 0, 1)
	got := b.do(t, "", "replay", "--to", "earliest", "--yes")
	for _, want := range []string{"identify    0          1     0   1 again\n", "moved 4 partitions of groups muster-repartition-identify, muster-repartition-membership;"} {
		if got.err != nil || !strings.Contains(got.stdout, want) {
			t.Errorf("%v, want %q in\n%s", got.err, want, got.stdout)
		}
	}
	got = b.do(t, "", "replay", "--to", "earliest", "--dry-run", "--topic", "identify", "--partition", "0")
	if want := "identify  0          0     0   0\n"; got.err != nil || !strings.HasSuffix(got.stdout, want) {
		t.Errorf("%v\n%s", got.err, got.stdout)
	}
}

// While a replica runs, nothing moves; the plan can be seen.
func TestReplayOfRunningGroup(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: "muster-membership", Brokers: b.Addrs, Topics: []string{"identify"}, Dialer: &kafka.Dialer{ClientID: "replica-7"},
	})
	if err != nil {
		t.Fatal(err)
	}
	gen, err := group.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := b.do(t, "", "replay", "--to", "earliest", "--yes")
	if got.err == nil || exitCode(got.err) != exitFailed || got.stdout != "" {
		t.Errorf("got %+v", got)
	}
	dry := b.do(t, "", "replay", "--to", "earliest", "--dry-run")
	if dry.err != nil || !strings.HasPrefix(dry.stdout, "TOPIC") {
		t.Errorf("got %+v", dry)
	}
	for _, text := range []string{complaint(got.err), dry.stderr} {
		for _, want := range []string{"client id replica-7", "host ", "member id " + gen.MemberID, "stop every replica that runs this stage"} {
			if !strings.Contains(text, want) {
				t.Errorf("got %s, want %s", text, want)
			}
		}
	}
	if err := group.Close(); err != nil {
		t.Error(err)
	}
}

func TestReplayUsage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "want one of --to earliest, --to TIME and --to-offset N"},
		{[]string{"--to", "earliest", "--to-offset", "3"}, "want one of --to"},
		{[]string{"--to", "latest"}, `--to "latest": want earliest, or a time with its zone`},
		{[]string{"--to", "2026-11-20 10:00"}, "want earliest, or a time with its zone as in"},
		{[]string{"--to", "1969-12-31T23:59:59Z"}, "want 1970 or later"},
		{[]string{"--to-offset", "-1"}, "--to-offset -1: want 0 or more"},
		{[]string{"--to", "earliest"}, "standard input is no terminal"},
		{[]string{"--to", "earliest", "--yes", "--dry-run"}, "--yes and --dry-run: want one of them"},
		{[]string{"--to", "earliest", "--yes", "--topic", "x"}, `--topic "x": stage membership does not read it; want identify`},
		{[]string{"--to", "earliest", "--yes", "--stage", "x"}, `--stage "x": want membership or uploader`},
		{[]string{"--to", "earliest", "--yes", "--partition", "-2"}, "--partition -2"},
	} {
		got := do(t.Context(), "", environ, append([]string{"replay"}, test.args...)...)
		if got.err == nil || exitCode(got.err) != exitUsage || !strings.Contains(complaint(got.err), test.want) {
			t.Errorf("%v: got %v, want %s", test.args, got.err, test.want)
		}
	}
}
