package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"muster/cmd/internal/model"
	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/membership"
	"muster/membership/repartition"
	"muster/schema"
)

const (
	eventsTopic      = "muster.events"
	eventsPartitions = 3
)

// TestRepartitionedMembershipAgreesWithModel runs repartitioning and membership
// without a broker over a stream that lost its keys, in topics of unequal counts,
// with takeovers in between: what is emitted in the end are the model's rows, and
// again so when everything was read once more.
func TestRepartitionedMembershipAgreesWithModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := model.New(model.Options{
				Seed: seed, People: 600, Audiences: 12, Partitions: streamPartitions, Steps: 8000,
				Start: streamStart, Tick: 5 * time.Millisecond, WellKeyed: true,
			})
			u := newUnkeyed(s)
			p := newPipe(t, seed)
			for n := 0; ; n++ {
				r, ok := u.next()
				if !ok {
					break
				}
				p.add(r)
				if n%200 == 199 {
					p.flush(n%1000 > 800)
				}
			}
			p.flush(false)
			maps.Clone(p.got).check(t, s.Truth())
			checkDeadLetters(t, p.dead, u.letters)
			p.replay()
			p.got.check(t, s.Truth())
		})
	}
}

// pipe is both stages with all their tasks, and the topic between them.
type pipe struct {
	t       *testing.T
	rand    *rand.Rand
	sources map[place]*consumertest.Task
	users   []*consumertest.Task

	written map[place][]consumer.Record // all of each source
	done    map[place]int               // how much of it was read
	events  [][]consumer.Record         // all of muster.events
	heard   []int                       // how much of it was read
	got     members
	dead    map[model.DeadLetter]bool
}

func newPipe(t *testing.T, seed uint64) *pipe {
	p := &pipe{
		t: t, rand: rand.New(rand.NewPCG(seed, 1)), sources: map[place]*consumertest.Task{},
		written: map[place][]consumer.Record{}, done: map[place]int{},
		events: make([][]consumer.Record, eventsPartitions), heard: make([]int, eventsPartitions),
		got: members{}, dead: map[model.DeadLetter]bool{},
	}
	decoder := schema.DecoderOptions{UserKeySecret: []byte(userKeySecret), Sources: map[string]schema.SourceOptions{}}
	for _, topic := range model.Topics() {
		decoder.Sources[topic.Name] = schema.SourceOptions{Audience: topic.Audience, TombstoneErases: topic.TombstoneErases}
	}
	normaliser := schema.NormaliserOptions{DefaultCountry: model.DefaultCountry}
	for topic, n := range unkeyedPartitions {
		for i := range n {
			p.sources[place{topic, i}] = consumertest.NewTask(t, consumertest.Options{
				Stage: "repartition-" + topic, Partition: i, Partitions: n,
				New: repartition.New(repartition.Options{
					Decoder: decoder, Normaliser: normaliser, EventsTopic: eventsTopic, EventsPartitions: eventsPartitions,
				}),
			})
		}
	}
	for i := range eventsPartitions {
		p.users = append(p.users, consumertest.NewTask(t, consumertest.Options{
			Stage: "membership", Partition: i, Partitions: eventsPartitions,
			New: membership.New(membership.Options{
				Repartitioned: true, Decoder: decoder, Normaliser: normaliser, MembersTopic: membersTopic, MembersPartitions: 1,
			}),
		}))
	}
	return p
}

// add writes a record to its source.
func (p *pipe) add(r consumer.Record) {
	at := place{r.Topic, r.Partition}
	p.written[at] = append(p.written[at], r)
}

// flush has all tasks read what they have not read yet, in any order. With
// takeover every task has a new owner first, who reads some records again.
func (p *pipe) flush(takeover bool) {
	places := make([]place, 0, len(p.sources))
	for _, topic := range model.Topics() {
		for i := range unkeyedPartitions[topic.Name] {
			places = append(places, place{topic.Name, i})
		}
	}
	p.rand.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	for _, at := range places {
		k, all := p.sources[at], p.written[at]
		from := p.done[at]
		if takeover {
			k.Takeover()
			from = max(0, from-20)
		}
		k.Process(all[from:]...)
		p.done[at] = len(all)
		p.note(k.DeadLetters())
		for _, e := range k.Emissions() {
			if e.Topic != eventsTopic {
				p.t.Fatalf("emission to %s", e.Topic)
			}
			to := &p.events[e.Partition]
			*to = append(*to, consumer.Record{
				// Written long after the source's record: that must not matter.
				Topic: e.Topic, Partition: e.Partition, Offset: int64(len(*to)), Time: streamStart.AddDate(1, 0, 0), Key: e.Key, Value: e.Value,
			})
		}
	}
	for i, k := range p.users {
		from, end := p.heard[i], len(p.events[i])
		batch := append([]consumer.Record(nil), p.events[i][from:]...)
		if takeover {
			k.Takeover()
			again := append([]consumer.Record(nil), p.events[i][max(0, from-20):]...)
			for j := range again {
				again[j].Replay = true
			}
			batch = again
		}
		k.Process(batch...)
		p.heard[i] = end
		p.got.hear(p.t, k.Emissions())
		p.note(k.DeadLetters())
		for more := k.Tick(); !more.IsZero(); more = k.Tick() {
			p.got.hear(p.t, k.Emissions())
		}
		p.got.hear(p.t, k.Emissions())
	}
}

// replay reads all of every source once more.
func (p *pipe) replay() {
	clear(p.done)
	p.flush(true)
}

func (p *pipe) note(letters []consumer.DeadLetter) {
	for _, d := range letters {
		p.dead[model.DeadLetter{Reason: model.Reason(d.Reason), Topic: d.Topic, Partition: d.Partition, Offset: d.Offset}] = true
	}
}
