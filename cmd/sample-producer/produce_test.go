package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"muster/cmd/internal/model"
	"muster/consumer/kafkatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The history is written at once, more follows as time goes by, and a producer that is
// started again finds its topics and goes on.
func TestProducesAgain(t *testing.T) {
	t.Parallel()
	broker := kafkatest.StartFake(t)
	client := broker.Client(t)
	for round := range 2 {
		before := written(t, client)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- run(ctx, []string{"--brokers", broker.Addrs[0], "--rate", "200", "--history", "5s", "--people", "50"}, io.Discard)
		}()
		await(t, func() bool { return written(t, client) > before+1000 }) // 5 s of 200 a second, and then some
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatalf("round %d ended with %v", round, err)
		}
	}
}

// A broker that refuses is asked again.
func TestBrokerRefuses(t *testing.T) {
	t.Parallel()
	broker := kafkatest.StartFake(t)
	broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotEnoughReplicas, Count: 1})
	var out bytes.Buffer
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"--brokers", broker.Addrs[0], "--history", "1s"}, &out) }()
	client := broker.Client(t)
	await(t, func() bool { return written(t, client) > 0 })
	stop()
	<-done
	if !strings.Contains(out.String(), "trying again") {
		t.Errorf("nothing was said of the refusal: %s", &out)
	}
}

func TestTopicsOnly(t *testing.T) {
	t.Parallel()
	broker := kafkatest.StartFake(t)
	for range 2 {
		if err := run(t.Context(), []string{"--brokers", broker.Addrs[0], "--topics-only", "--partitions", "3"}, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	if n := written(t, broker.Client(t)); n != 0 {
		t.Errorf("%d records written, want none", n)
	}
	err := run(t.Context(), []string{"--brokers", broker.Addrs[0], "--partitions", "4"}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "--partitions 3") {
		t.Errorf("too few partitions: %v", err)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), []string{"--rate", "0", "--people", "1", "--audiences", "3", "--partitions", "0", "--history", "-1s", "--brokers", "kafka"}, io.Discard)
	for _, flag := range []string{"--rate", "--people", "--audiences", "--partitions", "--history", "--brokers"} {
		if err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("error %v does not name %s", err, flag)
		}
	}
}

// The help tells the sources as the model makes them.
func TestHelpTellsTheSources(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--help"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, topic := range model.Topics() {
		line := "- topic: " + topic.Name
		switch {
		case topic.TombstoneErases:
			line = "- {topic: " + topic.Name + ", tombstone: erase}"
		case topic.Audience != "":
			line = "- {topic: " + topic.Name + ", audience: " + topic.Audience + "}"
		}
		if !strings.Contains(out.String(), line+"\n") {
			t.Errorf("help lacks %q", line)
		}
	}
	if !strings.Contains(out.String(), "default_country: "+model.DefaultCountry) {
		t.Error("help lacks the default country")
	}
}

// written counts the records of all topics.
func written(t *testing.T, client *kafka.Client) (n int64) {
	t.Helper()
	request := &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{}}
	meta, err := client.Metadata(t.Context(), &kafka.MetadataRequest{Topics: names()})
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range meta.Topics {
		for _, p := range topic.Partitions {
			request.Topics[topic.Name] = append(request.Topics[topic.Name], kafka.LastOffsetOf(p.ID))
		}
	}
	if len(request.Topics) == 0 {
		return 0 // not made yet
	}
	res, err := client.ListOffsets(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	for _, partitions := range res.Topics {
		for _, p := range partitions {
			n += p.LastOffset
		}
	}
	return n
}

func await(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not done within a minute")
		}
	}
}
