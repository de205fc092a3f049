package model

import "fmt"

// erase has everything forgotten that was said of a person. What comes later
// builds a new profile.
func (s *Stream) erase(p *person) {
	for _, user := range []string{p.id, "anon:" + p.id} {
		s.truth.add(Fact{User: user, At: s.now.UnixMilli(), Erase: true})
	}
	topic := p.topicFor(pick(s.rand, []string{TopicIdentify, TopicMembership, TopicProfiles}))
	var value []byte
	if topic != TopicProfiles || s.rand.IntN(2) == 0 {
		s.messages++
		value = encode(object{"type": "delete", "userId": p.id, "messageId": fmt.Sprintf("m-%d", s.messages)})
	}
	p.topic, p.in = topic, make(map[string]bool)
	s.deliver(topic, p.user(), p.id, value, false)
}
