package consumer_test

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"muster/consumer"
)

// An existing changelog must keep tombstones as long as a table may be away, be
// compacted and take large records; one that keeps them longer is as good.
func TestChangelogSettingsAreChecked(t *testing.T) {
	t.Parallel()
	wanted := map[string]string{"cleanup.policy": "compact", "delete.retention.ms": "604800000", "max.message.bytes": "8388608"}
	but := func(name, value string) map[string]string {
		has := maps.Clone(wanted)
		if has[name] = value; value == "" {
			delete(has, name)
		}
		return has
	}
	for name, tt := range map[string]struct {
		has     map[string]string
		problem string
	}{
		"as wanted":        {wanted, ""},
		"longer":           {but("delete.retention.ms", "604800001"), ""},
		"shorter":          {but("delete.retention.ms", "86400000"), "--entity-name log --add-config delete.retention.ms=604800000"},
		"Kafka's default":  {but("delete.retention.ms", ""), "delete.retention.ms=86400000, needs at least 604800000"},
		"not compacted":    {but("cleanup.policy", "delete"), "--entity-name log --add-config cleanup.policy=compact"},
		"expiring as well": {but("cleanup.policy", "compact,delete"), "--entity-name log --add-config cleanup.policy=compact"},
		"larger records":   {but("max.message.bytes", "16777216"), ""},
		"smaller records":  {but("max.message.bytes", "1048588"), "--entity-name log --add-config max.message.bytes=8388608"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				ensure := func(config map[string]string) error {
					return w.cluster.EnsureTopics(t.Context(), []consumer.Topic{{Name: "log", Partitions: 1, ReplicationFactor: 1, Config: config}})
				}
				if err := ensure(tt.has); err != nil {
					t.Fatal(err)
				}
				err := ensure(wanted)
				if (err == nil) != (tt.problem == "") || err != nil && !strings.Contains(err.Error(), tt.problem) {
					t.Errorf("got %v, want %q", err, tt.problem)
				}
			})
		})
	}
}

// What is made has the settings that were asked for, replicas included; and a topic
// that another replica of the worker made meanwhile is as good.
func TestTopicsAreMadeAsWanted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var asked []kmsg.CreateTopicsRequestTopic
		w.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: kerr.TopicAlreadyExists, Count: -1, When: func(r kmsg.Request) bool {
			asked = r.(*kmsg.CreateTopicsRequest).Topics
			return true
		}})
		wanted := map[string]string{"cleanup.policy": "delete", "retention.ms": "1000"}
		err := w.cluster.EnsureTopics(t.Context(), []consumer.Topic{{Name: "log", Partitions: 4, ReplicationFactor: 3, Config: wanted}})
		if err != nil || len(asked) != 1 {
			t.Fatalf("%d topics are asked for, want 1: %v", len(asked), err)
		}
		got := map[string]string{}
		for _, c := range asked[0].Configs {
			got[c.Name] = *c.Value
		}
		if made := asked[0]; made.Topic != "log" || made.NumPartitions != 4 || made.ReplicationFactor != 3 || !maps.Equal(got, wanted) {
			t.Errorf("asked for %s with %d partitions, %d replicas and %v", made.Topic, made.NumPartitions, made.ReplicationFactor, got)
		}
	})
}
