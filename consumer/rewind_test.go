package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"muster/consumer/kafkatest"
)

// epoch is when the first record of fill was written.
var epoch = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// fill makes a topic with n records a minute apart in each partition but the
// last, which stays empty.
func fill(t *testing.T, c *Cluster, topic string, partitions, n int) {
	t.Helper()
	kept := map[string]string{"retention.ms": "-1"} // epoch is long ago
	if err := c.EnsureTopics(t.Context(), []Topic{{Name: topic, Partitions: partitions, ReplicationFactor: 1, Config: kept}}); err != nil {
		t.Fatal(err)
	}
	for p := range partitions - 1 {
		err := c.retry(t.Context(), "produce", func(ctx context.Context) error { // a fresh topic may have no leader yet
			var records []kafka.Record
			for i := range n {
				records = append(records, kafka.Record{Time: epoch.Add(time.Duration(i) * time.Minute), Value: kafka.NewBytes([]byte("v"))})
			}
			res, err := c.Client().Produce(ctx, &kafka.ProduceRequest{
				Topic: topic, Partition: p, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
			})
			if err != nil {
				return err
			}
			return res.Error
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// commit sets offsets as a group without members may.
func commit(t *testing.T, c *Cluster, group, topic string, offsets ...int64) {
	t.Helper()
	var moves []Move
	for p, o := range offsets {
		moves = append(moves, Move{Topic: topic, Partition: p, To: o})
	}
	if err := c.Rewind(t.Context(), group, moves); err != nil {
		t.Fatal(err)
	}
}

func offset(n int64) RewindTarget      { return RewindTarget{Offset: &n} }
func atTime(at time.Time) RewindTarget { return RewindTarget{Time: at} }
func minutes(n int) time.Duration      { return time.Duration(n) * time.Minute }
func connect(addrs ...string) *Cluster {
	return NewCluster(ClusterOptions{Brokers: addrs, Logger: slog.New(slog.DiscardHandler)})
}

func TestRewind(t *testing.T) {
	t.Parallel()
	k := kafkatest.StartFake(t)
	c := connect(k.Addrs...)
	t.Cleanup(c.Close)
	fill(t, c, "in", 3, 10)
	tests := []struct {
		name   string
		target RewindTarget
		want   [3]int64
	}{
		{"earliest", RewindTarget{}, [3]int64{0, 0, 0}},
		{"a record's time", atTime(epoch.Add(minutes(4))), [3]int64{4, 4, 0}},
		{"between two records", atTime(epoch.Add(minutes(4) + time.Second)), [3]int64{5, 5, 0}},
		{"before the first", atTime(epoch.Add(-time.Hour)), [3]int64{0, 0, 0}},
		{"after the last", atTime(epoch.Add(time.Hour)), [3]int64{10, 10, 0}},
		// One millisecond before 1970 is Kafka's code for the end.
		{"before 1970", atTime(time.UnixMilli(-1)), [3]int64{0, 0, 0}},
		{"an offset", offset(7), [3]int64{7, 7, 0}},
		{"an offset beyond the end", offset(99), [3]int64{10, 10, 0}},
		{"an offset before the start", offset(-5), [3]int64{0, 0, 0}},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			group := fmt.Sprint("g", i)
			commit(t, c, group, "in", 8, 9)
			plan, err := c.PlanRewind(t.Context(), group, []string{"in"}, nil, test.target)
			if err != nil {
				t.Fatal(err)
			}
			want := []Move{
				{"in", 0, 8, test.want[0], 0, 10},
				{"in", 1, 9, test.want[1], 0, 10},
				{"in", 2, NoOffset, test.want[2], 0, 0},
			}
			if diff := cmp.Diff(want, plan); diff != "" {
				t.Errorf("plan: -want +got\n%s", diff)
			}
			if err := c.Rewind(t.Context(), group, plan); err != nil {
				t.Fatal(err)
			}
			after, err := c.PlanRewind(t.Context(), group, []string{"in"}, nil, test.target)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range after {
				if m.From != test.want[m.Partition] {
					t.Errorf("partition %d stands at %d, want %d", m.Partition, m.From, test.want[m.Partition])
				}
			}
		})
	}
	one := 1
	plan, err := c.PlanRewind(t.Context(), "never", []string{"in"}, &one, RewindTarget{})
	if diff := cmp.Diff([]Move{{"in", 1, NoOffset, 0, 0, 10}}, plan); diff != "" || err != nil {
		t.Errorf("one partition of a group that never committed: %v, -want +got\n%s", err, diff)
	}
	one = 3
	if _, err := c.PlanRewind(t.Context(), "never", []string{"in"}, &one, RewindTarget{}); err == nil || !strings.Contains(err.Error(), `"in" has no partition 3: it has 0 to 2`) {
		t.Errorf("got %v", err)
	}
}

// A group with members is left alone, and they are named; so is one that somebody
// joins after it was found empty.
func TestRewindOfActiveGroup(t *testing.T) {
	t.Parallel()
	k := kafkatest.StartFake(t)
	c := connect(k.Addrs...)
	t.Cleanup(c.Close)
	fill(t, c, "in", 2, 3)
	testActiveGroup(t, c, k.Addrs)
}

func testActiveGroup(t *testing.T, c *Cluster, addrs []string) {
	commit(t, c, "active", "in", 2)
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: "active", Brokers: addrs, Topics: []string{"in"}, Dialer: &kafka.Dialer{ClientID: "replica-7"},
		JoinGroupBackoff: 100 * time.Millisecond, HeartbeatInterval: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	gen, err := group.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	moves := []Move{{Topic: "in", Partition: 0, To: 0}}
	err = c.Rewind(t.Context(), "active", moves)
	active := new(ActiveGroupError)
	if !errors.As(err, &active) || len(active.Members) != 1 || active.Members[0].ID != gen.MemberID || active.Members[0].Host == "" {
		t.Fatalf("got %v, want the member %s", err, gen.MemberID)
	}
	for _, want := range []string{"client id replica-7", gen.MemberID, "stop every replica"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := c.commitMoves(t.Context(), "active", moves); !errors.Is(err, errGroupJoined) {
		t.Errorf("commit into an active group: %v, want %v", err, errGroupJoined)
	}
	plan, err := c.PlanRewind(t.Context(), "active", []string{"in"}, nil, RewindTarget{})
	if err != nil || plan[0].From != 2 {
		t.Errorf("the group stands at %+v, %v; want 2", plan, err)
	}
	if err := group.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Rewind(t.Context(), "active", moves); err != nil {
		t.Errorf("after the member left: %v", err)
	}
}

// A rewind ends where Kafka's own tool does.
func testRewindAgainstTool(t *testing.T, c *Cluster, k *kafkatest.Cluster) {
	fill(t, c, "in", 3, 10)
	// The start moves, so that there is something before it.
	list := filepath.Join(t.TempDir(), "offsets.json")
	if err := os.WriteFile(list, []byte(`{"version":1,"partitions":[{"topic":"in","partition":0,"offset":3}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := k.Tool(t.Context(), "org.apache.kafka.tools.DeleteRecordsCommand", "--bootstrap-server", k.Addrs()[0], "--offset-json-file", list); err != nil {
		t.Fatal(err, out)
	}
	testActiveGroup(t, c, k.Addrs())
	for i, test := range []struct {
		name   string
		target RewindTarget
		tool   []string
	}{
		{"earliest", RewindTarget{}, []string{"--to-earliest"}},
		{"a time", atTime(epoch.Add(minutes(5))), []string{"--to-datetime", "2026-11-20T10:05:00.000Z"}},
		{"between", atTime(epoch.Add(minutes(5) + time.Second)), []string{"--to-datetime", "2026-11-20T10:05:01.000Z"}},
		{"before the start", atTime(epoch), []string{"--to-datetime", "2026-11-20T10:00:00.000Z"}},
		{"after the last", atTime(epoch.Add(time.Hour)), []string{"--to-datetime", "2026-11-20T11:00:00.000Z"}},
		{"an offset", offset(6), []string{"--to-offset", "6"}},
		{"too low", offset(1), []string{"--to-offset", "1"}},
		{"too high", offset(99), []string{"--to-offset", "99"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ours, theirs := fmt.Sprint("ours-", i), fmt.Sprint("theirs-", i)
			commit(t, c, ours, "in", 8)
			commit(t, c, theirs, "in", 8)
			plan, err := c.PlanRewind(t.Context(), ours, []string{"in"}, nil, test.target)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Rewind(t.Context(), ours, plan); err != nil {
				t.Fatal(err)
			}
			out, err := k.Tool(t.Context(), "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
				append([]string{"--bootstrap-server", k.Addrs()[0], "--group", theirs, "--topic", "in", "--reset-offsets", "--execute"}, test.tool...)...)
			if err != nil {
				t.Fatal(err)
			}
			got, want := standing(t, c, ours), standing(t, c, theirs)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-tool +ours\n%s\n%s", diff, out)
			}
			t.Logf("both at %v", got)
		})
	}
}

// standing is where a group stands in the three partitions of "in".
func standing(t *testing.T, c *Cluster, group string) map[int]int64 {
	t.Helper()
	plan, err := c.PlanRewind(t.Context(), group, []string{"in"}, nil, RewindTarget{})
	if err != nil {
		t.Fatal(err)
	}
	at := map[int]int64{}
	for _, m := range plan {
		at[m.Partition] = m.From
	}
	return at
}

func TestRewindAsKafkaDoes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a real Kafka")
	}
	k := kafkatest.Start(t)
	c := connect(k.Addrs()...)
	t.Cleanup(c.Close)
	testRewindAgainstTool(t, c, k)
}
