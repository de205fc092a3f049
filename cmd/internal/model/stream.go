package model

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Stream makes the events of a world in which people appear, enter and leave
// audiences, change their identifiers and are erased. The same options make the
// same stream. Not safe for concurrent use.
type Stream struct {
	opts      Options
	rand      *rand.Rand
	truth     *Truth
	people    []*person
	audiences []string
	rows      []bool // of the list audience: in or out

	now      time.Time // event time of what happens
	steps    int
	finished bool
	messages int
	bad      int // bad records made
	queue    arrivals
	queued   int
	offsets  map[string][]int64
}

// New makes a stream.
func New(o Options) *Stream {
	s := &Stream{
		opts: o, rand: rand.New(rand.NewPCG(o.Seed, 0x6d6f64656c)), truth: newTruth(),
		now: o.Start.UTC().Truncate(time.Millisecond), rows: make([]bool, max(10, o.People/20)),
		offsets: make(map[string][]int64),
	}
	s.truth.untold = o.Untold
	if o.Audiences >= 6 {
		s.audiences = append(s.audiences, journeyV1)
	}
	if o.Audiences >= 8 {
		s.audiences = append(s.audiences, journeyV2, journeyStep)
	}
	for i := len(s.audiences) + 2; i < o.Audiences; i++ { // two are named by their topics
		s.audiences = append(s.audiences, fmt.Sprintf("audience_%02d", i))
	}
	for _, t := range Topics() {
		s.offsets[t.Name] = make([]int64, o.Partitions)
	}
	return s
}

// Truth is what the records say that were made so far. It grows with the stream.
func (s *Stream) Truth() *Truth { return s.truth }

// Finish ends a stream without end: what is on its way still arrives.
func (s *Stream) Finish() { s.finished = true }

// Next returns the records in the order of arrival, and false at the end.
func (s *Stream) Next() (Record, bool) {
	for !s.done() && (len(s.queue) == 0 || s.queue[0].record.Time.After(s.now)) {
		s.now = s.now.Add(s.opts.Tick)
		s.happen()
		s.steps++
	}
	if len(s.queue) == 0 {
		return Record{}, false
	}
	a := s.queue.take()
	r := a.record
	next := &s.offsets[r.Topic][r.Partition]
	r.Offset = *next
	*next++
	if a.reason != "" {
		s.truth.bury(DeadLetter{a.reason, r.Topic, r.Partition, r.Offset})
	}
	return r, true
}

func (s *Stream) done() bool { return s.finished || s.opts.Steps > 0 && s.steps >= s.opts.Steps }

// happen makes one thing happen.
func (s *Stream) happen() {
	if s.newcomer() {
		p := newPerson(len(s.people))
		s.people = append(s.people, p)
		s.profile(p, true)
		return
	}
	if s.opts.Hot > 0 && s.rand.IntN(3) == 0 {
		s.hot()
		return
	}
	p := pick(s.rand, s.people)
	switch n := s.rand.IntN(100); {
	case n < 40:
		s.enter(p)
	case n < 58:
		s.exit(p)
	case n < 74:
		s.profile(p, false)
	case n < 82:
		s.enrich(p)
	case n < 86:
		s.device(p)
	case n < 92:
		s.list()
	case n < 94:
		s.batch(p)
	case n < 97:
		s.ignored(p)
	case n < 98:
		s.broken(p)
	default:
		if s.rand.IntN(4) == 0 && !s.skewed(p) {
			s.erase(p)
		} else {
			s.enter(p)
		}
	}
}

// newcomer reports whether somebody new appears: all have after two thirds of a
// stream, half of the steps in one without end.
func (s *Stream) newcomer() bool {
	switch have := len(s.people); {
	case have == 0:
		return true
	case have >= s.opts.People:
		return false
	case s.opts.Steps == 0:
		return s.rand.IntN(2) == 0
	default:
		return have < s.steps*s.opts.People*3/(2*s.opts.Steps)
	}
}

// topicFor gives the topic for an event that would come in want.
func (p *person) topicFor(want string) string {
	if p.topic != "" {
		return p.topic
	}
	return want
}

// send puts an event on its way and keeps its meaning.
func (s *Stream) send(p *person, topic string, d *draft) {
	s.truth.add(d.fact)
	s.deliver(topic, p.user(), s.keyOf(p), d.bytes(), d.late)
}

// keyOf is the record key of a person: the id, for an anonymous one at times
// as Muster spells it.
func (s *Stream) keyOf(p *person) string {
	if p.anonymous && s.rand.IntN(3) == 0 {
		return p.user()
	}
	return p.id
}

// deliver puts a record on its way. One that says its own time may be late, a
// little or very, and may come twice.
func (s *Stream) deliver(topic, user, key string, value []byte, late bool) {
	r := Record{
		Topic: topic, Partition: partitionOf(user, s.opts.Partitions), Time: s.now, Key: []byte(key), Value: value,
		Trace: s.trace(),
	}
	if late {
		r.Time = r.Time.Add(s.lateness())
	}
	s.arrive(r, "")
	if late && s.rand.IntN(30) == 0 {
		r.Time = r.Time.Add(s.lateness())
		s.arrive(r, "")
	}
}

func (s *Stream) arrive(r Record, reason Reason) {
	s.queued++
	s.queue.put(arrival{r, s.queued, reason})
}

func (s *Stream) lateness() time.Duration {
	span := 2000
	if s.opts.Steps > 0 {
		span = max(10, s.opts.Steps/8)
	}
	switch n := s.rand.IntN(100); {
	case n < 80:
		return 0
	case n < 95:
		return time.Duration(s.rand.IntN(40)) * s.opts.Tick
	default:
		return time.Duration(s.rand.IntN(span)) * s.opts.Tick
	}
}

// trace is a W3C trace context as an instrumented producer sends it.
func (s *Stream) trace() string {
	if s.rand.IntN(10) > 0 {
		return ""
	}
	return fmt.Sprintf("00-%016x%016x-%016x-01", s.rand.Uint64(), s.rand.Uint64()|1, s.rand.Uint64()|1)
}
