package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) *kafka.Client{
		"real": func(t *testing.T) *kafka.Client { return Start(t).Client(t) },
		"fake": func(t *testing.T) *kafka.Client { return StartFake(t).Client(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			roundTrip(t, start(t), 1)
		})
	}
}

func TestVirtualInBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := StartVirtual(t)
		roundTrip(t, f.Client(t), 3)
	})
}

func TestClusterSurvivesKill(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("three nodes are left out of short runs")
	}
	c := StartCluster(t, Options{Nodes: 3})
	roundTrip(t, c.Client(t), 3)
	first := c.Nodes()[0]
	first.Kill()
	if first.alive() {
		t.Fatal("a killed node is alive")
	}
	if err := c.Restart(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if err := c.Restart(t.Context(), first); err == nil {
		t.Error("Restart of a running node succeeded")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := c.InSync(ctx); err != nil {
		t.Error(err)
	}
	first.Freeze()
	// The others do without it once its session is over.
	if err := c.forgets(ctx, first); err != nil {
		t.Error(err)
	}
	if err := c.Thaw(ctx, first); err != nil {
		t.Error(err)
	}
	if err := c.InSync(ctx); err != nil {
		t.Error(err)
	}
	got, err := read(t.Context(), c.Client(t), 3)
	if diff := cmp.Diff(values(3), got); err != nil || diff != "" {
		t.Errorf("after the kill: %v\n%s", err, diff)
	}
}

// forgets waits until the other nodes list n no more.
func (c *Cluster) forgets(ctx context.Context, n *Node) error {
	for _, other := range c.nodes {
		if other == n {
			continue
		}
		if err := other.ready(ctx, len(c.nodes)-1); err != nil {
			return err
		}
	}
	return nil
}

// TestDoors: a client that begins at a door is sent to that door's advertised
// address, where nobody listens unless a proxy does.
func TestDoors(t *testing.T) {
	t.Parallel()
	c := StartCluster(t, Options{Doors: 2})
	door := c.Nodes()[0].Doors()[1]
	client := &kafka.Client{Addr: kafka.TCP(door.Listen), Transport: &kafka.Transport{}}
	defer client.Transport.(*kafka.Transport).CloseIdleConnections()
	meta, err := client.Metadata(t.Context(), &kafka.MetadataRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(meta.Brokers) != 1 || loopback(meta.Brokers[0].Port) != door.Advertised || c.DoorAddrs(1)[0] != door.Advertised {
		t.Errorf("a client at %+v is sent to %+v", door, meta.Brokers)
	}
}

const topic = "round-trip"

// values are what roundTrip writes to n partitions.
func values(n int) []string {
	var list []string
	for p := range n {
		for i := range 3 {
			list = append(list, fmt.Sprintf("%d:%d", p, i))
		}
	}
	return list
}

// roundTrip makes a topic, writes to each of its partitions and reads all back.
func roundTrip(t *testing.T, client *kafka.Client, partitions int) {
	t.Helper()
	ctx := t.Context()
	res, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: partitions, ReplicationFactor: -1}},
	})
	if err = errors.Join(err, res.Errors[topic]); err != nil {
		t.Fatal(err)
	}
	for p := range partitions {
		if err := produce(ctx, client, p); err != nil {
			t.Fatal(err)
		}
	}
	got, err := read(ctx, client, partitions)
	if diff := cmp.Diff(values(partitions), got); err != nil || diff != "" {
		t.Errorf("read back: %v\n%s", err, diff)
	}
}

func produce(ctx context.Context, client *kafka.Client, partition int) error {
	return retry(ctx, func() error {
		var records []kafka.Record
		for i := range 3 {
			records = append(records, kafka.Record{Value: kafka.NewBytes(fmt.Appendf(nil, "%d:%d", partition, i))})
		}
		res, err := client.Produce(ctx, &kafka.ProduceRequest{
			Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
		})
		if err != nil {
			return err
		}
		return res.Error
	})
}

// read returns the values of each partition, a repeated one once: an answer may
// be lost after the records were written, and produce then writes them again.
func read(ctx context.Context, client *kafka.Client, partitions int) ([]string, error) {
	var list []string
	for p := range partitions {
		var part []string
		err := retry(ctx, func() error {
			var err error
			part, err = fetch(ctx, client, p)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, v := range part {
			if !slices.Contains(list, v) {
				list = append(list, v)
			}
		}
	}
	return list, nil
}

func fetch(ctx context.Context, client *kafka.Client, partition int) ([]string, error) {
	res, err := client.Fetch(ctx, &kafka.FetchRequest{
		Topic: topic, Partition: partition, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: time.Second,
	})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return nil, err
	}
	var list []string
	for {
		r, err := res.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		v, err := protocol.ReadAll(r.Value)
		if err != nil {
			return nil, err
		}
		list = append(list, string(v))
	}
}

// retry repeats what a broker refuses while leaders are elected.
func retry(ctx context.Context, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := do()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}
