package model

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestPublish(t *testing.T) {
	t.Parallel()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	// What is refused at first is written whole at the second try.
	broker.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.Produce}, Topic: TopicProfiles, Partitions: []int32{0}, Err: kerr.NotLeaderForPartition, Count: 2,
	})
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(broker.ListenAddrs()...), Transport: transport}
	s := testStream(5)
	p := NewPublisher(client, s)
	if err := p.CreateTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.CreateTopics(t.Context()); err == nil {
		t.Error("topics were created twice")
	}
	for more := true; more; {
		if more, err = p.Publish(t.Context(), 1000); err != nil {
			t.Fatal(err)
		}
	}
	want := drain(testStream(5))
	if p.Count() != len(want) {
		t.Errorf("published %d records, want %d", p.Count(), len(want))
	}
	res, err := client.Fetch(t.Context(), &kafka.FetchRequest{
		Topic: TopicProfiles, Partition: 0, MinBytes: 1, MaxBytes: 64 << 20, MaxWait: time.Second,
	})
	if err != nil || res.Error != nil {
		t.Fatal(err, res.Error)
	}
	checkRecords(t, res.Records, want)
}

// checkRecords compares what was read of one partition of TopicProfiles.
func checkRecords(t *testing.T, got kafka.RecordReader, want []Record) {
	t.Helper()
	n := 0
	for _, r := range want {
		if r.Topic != TopicProfiles || r.Partition != 0 {
			continue
		}
		g, err := got.ReadRecord()
		if errors.Is(err, io.EOF) && n > 0 { // the broker answers in parts
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		key, errKey := protocol.ReadAll(g.Key)
		value, errValue := protocol.ReadAll(g.Value)
		if err := errors.Join(errKey, errValue); err != nil {
			t.Fatal(err)
		}
		if g.Offset != r.Offset || string(key) != string(r.Key) || string(value) != string(r.Value) ||
			(value == nil) != (r.Value == nil) || !g.Time.Equal(r.Time) || len(g.Headers) > 0 != (r.Trace != "") {
			t.Fatalf("read %d %q %q %v, want %+v", g.Offset, key, value, g.Time, r)
		}
		n++
	}
}

// An Untold stream keeps nothing and may write where others did.
func TestPublishUntold(t *testing.T) {
	t.Parallel()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(broker.ListenAddrs()...), Transport: transport}
	for range 2 {
		s := New(Options{Seed: 3, People: 50, Audiences: 6, Partitions: 2, Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Tick: 5 * time.Millisecond, Untold: true})
		p := NewPublisher(client, s)
		if err := p.CreateTopics(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Publish(t.Context(), 2000); err != nil {
			t.Fatal(err)
		}
		if n := len(s.Truth().facts); n > 0 || len(s.Truth().DeadLetters) > 0 {
			t.Errorf("%d users and %d dead letters are kept, want none", n, len(s.Truth().DeadLetters))
		}
	}
}
