package main

import (
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"

	"muster/consumer/kafkatest"
)

func TestTopicsCreatePrint(t *testing.T) {
	t.Parallel()
	got := do(t.Context(), "", nil, "topics", "create", "--print", "--partitions", "12",
		"--set", "kafka.brokers=kafka:9092", "--set", "sources=[{topic: identify}, {topic: audience-membership}]",
		"--set", "topics.replication_factor=3", "--set", "topics.partitions=6", "--principal", "User:o'neil")
	if got.err != nil {
		t.Fatal(got.err)
	}
	golden(t, "topics_create.sh", got.stdout)
}

// topics tells what is missing, create makes it, topics is content.
func TestTopics(t *testing.T) {
	t.Parallel()
	k := kafkatest.StartFake(t)
	res, err := k.Client(t).CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: "identify", NumPartitions: 3, ReplicationFactor: 1},
	}})
	if err != nil || res.Errors["identify"] != nil {
		t.Fatal(err, res)
	}
	flags := []string{"--set", "kafka.brokers=" + strings.Join(k.Addrs, ","), "--set", "sources=[{topic: identify}]", "--set", "topics.replication_factor=1"}
	topics := func(args ...string) output { return do(t.Context(), "", nil, append(args, flags...)...) }

	got := topics("topics")
	if got.err == nil || exitCode(got.err) != exitFailed || !strings.Contains(got.err.Error(), "9 of 9 topics are missing or wrong") {
		t.Errorf("before: %+v", got)
	}
	got = topics("topics", "create")
	if got.err != nil || strings.Count(got.stdout, ": made\n") != 9 {
		t.Errorf("create: %+v", got)
	}
	got = topics("topics", "create")
	if got.err != nil || strings.Count(got.stdout, ": was there\n") != 9 {
		t.Errorf("create again: %+v", got)
	}
	got = topics("topics")
	if got.err != nil {
		t.Errorf("after: %v", got.err)
	}
	golden(t, "topics.txt", got.stdout)

	got = do(t.Context(), "", nil, append([]string{"topics"}, append(flags, "--set", "topics.partitions=5")...)...)
	if got.err == nil || !strings.Contains(got.stdout, `topic "muster.members" has 3 partitions, needs 5`) {
		t.Errorf("with another count: %+v", got)
	}
}
