package model

import (
	"fmt"
	"slices"
)

// waves is how many groups of hot people there are in a stream, one after the
// other: what went wrong with one stays to be seen.
const waves = 12

// hot has one of the people who are hot now do what a window sees most of:
// enter, leave and enter again, with identifiers of others.
func (s *Stream) hot() {
	wave := s.steps * waves / max(s.opts.Steps, 1)
	p := s.people[(wave*s.opts.Hot+s.rand.IntN(s.opts.Hot))%len(s.people)]
	switch n := s.rand.IntN(10); {
	case n < 7:
		list := s.ordinary()
		audience := list[(p.n/6+s.rand.IntN(2))%len(list)]
		in := !p.in[audience]
		p.in[audience] = in
		s.move(p, audience, in)
	case n < 9 && !p.nameless:
		s.share(p)
	default:
		s.profile(p, false)
	}
}

// share makes an identify by which a person has the email of the household.
func (s *Stream) share(p *person) {
	d := s.draft("identify", p)
	traits := object{}
	s.trait(d, traits, email, "email", p.spellEmail(s.rand, fmt.Sprintf("family%06d@example.com", p.n/6)))
	if s.rand.IntN(2) == 0 {
		d.name(s.rand, traits)
	}
	d.json["traits"] = traits
	s.send(p, p.topicFor(TopicIdentify), d)
}

// ordinary are the audiences without a shape of their own.
func (s *Stream) ordinary() []string {
	return slices.DeleteFunc(slices.Clone(s.audiences), func(a string) bool {
		return a == journeyV1 || a == journeyV2 || a == journeyStep
	})
}
