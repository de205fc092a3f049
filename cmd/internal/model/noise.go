package model

import (
	"fmt"
	"strings"
)

// ignored makes an event that says nothing of audiences or people.
func (s *Stream) ignored(p *person) {
	typ := pick(s.rand, []IgnoredKind{"page", "screen", "group", "alias", "track"})
	d := s.draft(string(typ), p)
	switch typ {
	case "track":
		d.json["event"] = "Order Completed"
		d.json["properties"] = object{"revenue": 39.95, "email": "receipt@example.com"}
	case "alias":
		d.json["previousId"] = "39239-239239-239239-23923"
	default:
		d.json["name"] = "Home"
	}
	s.truth.Ignored[typ]++
	s.deliver(p.topicFor(TopicIdentify), p.user(), s.keyOf(p), d.bytes(), false)
}

var reasons = []Reason{NotJSON, TooLarge, NotAnEvent, NoUser, UserNotKey, NoAudience, BadMembership, BadBatch, BadRecord, NotKeyed}

const (
	maxEventBytes = 1 << 20
	maxTooLarge   = 4 // records that are too large: they cost much
)

// broken makes a record that is no event, of one reason after the other.
func (s *Stream) broken(p *person) {
	reason := reasons[s.bad%len(reasons)]
	round := s.bad / len(reasons)
	s.bad++
	if reason == TooLarge && round >= maxTooLarge || reason == NotKeyed && s.opts.WellKeyed {
		reason = NotJSON
	}
	d := s.draft("identify", p)
	d.json["traits"] = object{"email": "broken@example.com"}
	topic, key, value := TopicIdentify, p.id, d.bytes()
	switch reason {
	case NotJSON:
		value = value[:len(value)-1-s.rand.IntN(10)]
	case TooLarge:
		d.json["padding"] = strings.Repeat("x", s.tooLarge(round))
		value = d.bytes()
	case NotAnEvent:
		value = pick(s.rand, [][]byte{[]byte(`{"hello":"world"}`), []byte(`[1,2]`), []byte(`"identify"`), []byte(`{"type":"unheard_of"}`)})
	case NoUser:
		delete(d.json, "userId")
		delete(d.json, "anonymousId")
		value = d.bytes()
	case UserNotKey:
		other := s.draft("identify", newPerson(p.n+1))
		value = encode(object{"batch": []any{d.json, other.json}})
	case NoAudience:
		d.personas("audience", "")
		value = d.bytes()
	case BadMembership:
		audience := s.audience()
		d.personas("audience", audience)
		d.json["traits"] = object{audience: pick(s.rand, []any{1, "yes", nil, []any{true}})}
		value = d.bytes()
	case BadBatch:
		value = encode(object{"batch": pick(s.rand, []any{"x", []any{1}, object{}})})
	case BadRecord:
		topic, value = TopicLists, encode(object{"type": "record", "action": "upsert", "fields": object{"EMAIL": "a@example.com"}})
	case NotKeyed:
		key = fmt.Sprintf("order-%d", s.bad)
	}
	s.arrive(Record{
		Topic: topic, Partition: partitionOf(key, s.opts.Partitions), Time: s.now, Key: []byte(key), Value: value,
	}, reason)
}

func (s *Stream) tooLarge(round int) int {
	if s.opts.Huge && round < 2 {
		return 5 << 20
	}
	return maxEventBytes
}
