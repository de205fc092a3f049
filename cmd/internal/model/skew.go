package model

import "time"

// skewed reports whether the person's clock goes wrong. Such a person is never
// erased: which stamps an erasure covers depends on the order of arrival then.
func (s *Stream) skewed(p *person) bool { return s.opts.Skew && p.n%10 == 3 }

// skew is the time by a clock that goes wrong: up to four minutes ahead, less
// than what counts as nonsense, or behind, at times by months. No two of a
// person are equal, nor equal to one of the stream.
func (s *Stream) skew(p *person) time.Time {
	if p.times == nil {
		p.times = make(map[int64]bool)
	}
	for {
		by := time.Duration(s.rand.Int64N(int64(8*time.Minute))) - 4*time.Minute
		switch s.rand.IntN(10) {
		case 0:
			by = -time.Duration(s.rand.Int64N(int64(90 * 24 * time.Hour)))
		case 1, 2:
			by /= 200 // around a second
		}
		at := s.now.Add(by.Truncate(s.opts.Tick) + 3*time.Millisecond)
		if !p.times[at.UnixMilli()] {
			p.times[at.UnixMilli()] = true
			return at
		}
	}
}

// atOnce makes one record of several events with one stamp. They speak of
// different audiences and of nothing else: no tie decides anything.
func (s *Stream) atOnce(p *person) {
	var events []any
	list := s.ordinary()
	from := s.rand.IntN(len(list))
	for i := range min(3, len(list)) {
		in := s.rand.IntN(2) == 0
		audience := list[(from+i)%len(list)]
		d := s.byKey(p, audience, in)
		s.restamp(d)
		p.in[audience] = in
		events = append(events, d.json)
		s.truth.add(d.fact)
	}
	s.deliver(p.topicFor(TopicMembership), p.user(), s.keyOf(p), encode(object{"batch": events}), true)
}
