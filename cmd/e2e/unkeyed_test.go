package e2e

import (
	"math/rand/v2"
	"testing"

	"muster/cmd/internal/model"
	"muster/consumer"
)

// streamPartitions of a stream whose keys are taken away.
const streamPartitions = 12

// unkeyedPartitions are unequal on purpose. They divide streamPartitions, so
// that a user's records of one topic stay in one partition: the order of an
// erasure and of what is said after it counts.
var unkeyedPartitions = map[string]int{
	model.TopicIdentify: 4, model.TopicMembership: 3, model.TopicProfiles: 2, model.TopicWarehouse: 1, model.TopicLists: 6,
}

// place is a partition of a source.
type place struct {
	topic     string
	partition int
}

// unkeyed gives the records of a stream without their keys, for topics of
// unequal counts.
type unkeyed struct {
	stream  *model.Stream
	rand    *rand.Rand
	offsets map[place]int64
	letters map[model.DeadLetter]bool // to be expected
}

func newUnkeyed(s *model.Stream) *unkeyed {
	return &unkeyed{stream: s, rand: rand.New(rand.NewPCG(1, 2)), offsets: map[place]int64{}, letters: map[model.DeadLetter]bool{}}
}

// next returns the next record, and false at the end. Rows without users go
// anywhere. A key without value is all there is of an erasure, so it stays.
func (u *unkeyed) next() (consumer.Record, bool) {
	for {
		r, ok := u.stream.Next()
		if !ok {
			return consumer.Record{}, false
		}
		reason := u.reason(r)
		if reason == model.UserNotKey {
			continue // of several users: good here, and nothing the model knows of
		}
		at := place{r.Topic, r.Partition % unkeyedPartitions[r.Topic]}
		if r.Topic == model.TopicLists {
			at.partition = u.rand.IntN(unkeyedPartitions[r.Topic])
		}
		out := consumer.Record{Topic: at.topic, Partition: at.partition, Offset: u.offsets[at], Time: r.Time, Value: r.Value}
		u.offsets[at]++
		if r.Value == nil {
			out.Key = r.Key
		}
		if reason != "" {
			u.letters[model.DeadLetter{Reason: reason, Topic: out.Topic, Partition: out.Partition, Offset: out.Offset}] = true
		}
		return out, true
	}
}

// reason is why the record is expected among the dead letters, if it is.
func (u *unkeyed) reason(r model.Record) model.Reason {
	letters := u.stream.Truth().DeadLetters
	if len(letters) == 0 {
		return ""
	}
	last := letters[len(letters)-1]
	if last.Topic != r.Topic || last.Partition != r.Partition || last.Offset != r.Offset {
		return ""
	}
	return last.Reason
}

func checkDeadLetters(t *testing.T, got, want map[model.DeadLetter]bool) {
	t.Helper()
	for d := range want {
		if !got[d] {
			t.Errorf("no dead letter for %+v", d)
		}
	}
	for d := range got {
		if !want[d] {
			t.Errorf("unexpected dead letter %+v", d)
		}
	}
}
