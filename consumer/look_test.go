package consumer_test

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/segmentio/kafka-go"

	"muster/consumer"
)

func TestLookingMakesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(2)
		for range 2 {
			got, err := w.cluster.Existing(t.Context(), "in", "absent")
			if err != nil || !maps.Equal(got, map[string]int{"in": 2}) {
				t.Errorf("got %v, %v", got, err)
			}
		}
	})
}

func TestHasCommitted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(2)
		look := func(want string, topics ...string) {
			t.Helper()
			counts := map[string]int{"absent": 0}
			for _, topic := range topics {
				counts[topic] = 2
			}
			if got, err := w.cluster.HasCommitted(t.Context(), "group", counts); err != nil || got != want {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		}
		look("", "in", "in2") // no such group
		res, err := w.cluster.Client().OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{
			GroupID: "group", GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{"in2": {{Partition: 1, Offset: 0}}},
		})
		if err != nil || res.Topics["in2"][0].Error != nil {
			t.Fatal(err, res)
		}
		look("in2", "in", "in2")
		look("", "in")
		look("") // of no partitions; must not ask for all topics
	})
}

// A topic in which nobody looks for a key may have more partitions than needed,
// and is told how to get more; any other may have neither.
func TestGrowableTopic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topics(3)
		for _, test := range []struct {
			need     int
			growable bool
			want     string
		}{
			{2, true, ""}, {3, true, ""}, {3, false, ""},
			{4, true, "kafka-topics.sh --alter --topic log --partitions 4"},
			{4, false, "delete it"}, {2, false, "delete it"},
		} {
			states, err := w.cluster.CheckTopics(t.Context(), []consumer.Topic{{Name: "log", Partitions: test.need, Growable: test.growable}})
			if err != nil {
				t.Fatal(err)
			}
			if got := states[0].Problem; (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("%+v: %q", test, got)
			}
		}
	})
}

// What makes a stage refuse to run says the remedy.
func TestPartitionCountsAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		err := w.cluster.EnsureTopics(t.Context(), []consumer.Topic{
			{Name: "two", Partitions: 2, ReplicationFactor: 1}, {Name: "three", Partitions: 3, ReplicationFactor: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			inputs             []consumer.Input
			changelog, letters string
			stateless          bool
			want               string
		}{
			{[]consumer.Input{{Topic: "two"}, {Topic: "three"}}, "two", "", false, "set sources[].repartition: true"},
			{[]consumer.Input{{Topic: "three"}}, "two", "", false, "begin anew with another group and topics.prefix"},
			{[]consumer.Input{{Topic: "two"}}, "three", "", false, "begin anew with another group and topics.prefix"},
			{[]consumer.Input{{Topic: "three"}}, "two", "", true, "kafka-topics.sh --alter --topic two --partitions 3"},
			{[]consumer.Input{{Topic: "three"}}, "three", "two", true, "kafka-topics.sh --alter --topic two --partitions 3"},
		} {
			s, err := consumer.NewStage(w.cluster, consumer.StageOptions{
				Name: "stage", Group: "group", Inputs: test.inputs, Changelog: test.changelog, DeadLetters: test.letters, Stateless: test.stateless, StateDir: "state",
				New: func(consumer.TaskInfo) (consumer.Processor, error) { return nil, nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%+v: %v, want %s", test, err, test.want)
			}
		}
	})
}
