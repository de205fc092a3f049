package main

import (
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"

	"muster/consumer/kafkatest"
)

// Sources that are repartitioned may have any counts; the topics in front of
// membership are shown, made, and in what is printed.
func TestTopicsOfRepartitionedSources(t *testing.T) {
	t.Parallel()
	k := kafkatest.StartFake(t)
	res, err := k.Client(t).CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: "identify", NumPartitions: 3, ReplicationFactor: 1}, {Topic: "rows", NumPartitions: 5, ReplicationFactor: 1},
	}})
	if err != nil || res.Errors["identify"] != nil || res.Errors["rows"] != nil {
		t.Fatal(err, res)
	}
	flags := []string{
		"--set", "kafka.brokers=" + strings.Join(k.Addrs, ","), "--set", "topics.replication_factor=1",
		"--set", "sources=[{topic: identify, repartition: true}, {topic: rows, repartition: true, audience: crm}]",
	}
	topics := func(args ...string) output { return do(t.Context(), "", nil, append(args, flags...)...) }
	if got := topics("topics", "create"); got.err != nil || strings.Count(got.stdout, ": made\n") != 12 {
		t.Errorf("create: %+v", got)
	}
	got := topics("topics")
	if got.err != nil {
		t.Errorf("after: %v", got.err)
	}
	golden(t, "topics_repartition.txt", got.stdout)

	got = topics("topics", "create", "--print", "--partitions", "12")
	for _, want := range []string{
		"--topic muster.events --partitions 12", "--config retention.ms=604800000",
		"--topic muster.repartition.rows --partitions 12",
		"--operation Read --operation Write --operation Describe --operation DescribeConfigs --topic muster.events",
		"--group muster- --resource-pattern-type prefixed",
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("no %q in\n%s", want, got.stdout)
		}
	}
}
