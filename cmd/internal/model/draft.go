package model

import (
	"encoding/json"
	"fmt"
	"time"
)

// object is a JSON object in the making.
type object = map[string]any

// draft is an event being written, its JSON and its meaning side by side.
type draft struct {
	json    object
	context object
	fact    Fact
	late    bool // the event says its time itself, so it may arrive late or twice
}

// draft begins an event of a person.
func (s *Stream) draft(typ string, p *person) *draft {
	s.messages++
	d := &draft{
		context: object{"library": object{"name": "http"}},
		fact:    Fact{User: p.user(), In: make(map[string]bool), Single: make(map[string]string)},
		late:    true,
	}
	d.json = object{
		"type": typ, "messageId": fmt.Sprintf("m-%d", s.messages), "context": d.context,
		"integrations": object{"All": true}, "receivedAt": s.now.Format(time.RFC3339Nano), "unknown": object{"nested": []any{1, nil}},
	}
	if p.anonymous {
		d.json["anonymousId"] = p.id
	} else {
		d.json["userId"] = p.id
		if s.rand.IntN(3) == 0 {
			d.json["anonymousId"] = "browser-" + p.id
		}
	}
	s.stamp(p, d)
	return d
}

const timeForm = "2006-01-02T15:04:05.000Z07:00"

// stamp writes the event's time in one of the ways in which producers do.
func (s *Stream) stamp(p *person, d *draft) {
	at := s.now
	way := s.rand.IntN(12)
	if way > 1 && s.skewed(p) {
		at = s.skew(p)
	}
	d.fact.At = at.UnixMilli()
	switch way {
	case 0: // none: the record's time
		d.late = false
	case 1: // far ahead: the record's time
		d.json["timestamp"] = s.now.Add(10 * time.Minute).Format(timeForm)
		d.late = false
	case 2:
		d.json["originalTimestamp"] = at.Format(timeForm)
	case 3:
		d.json["timestamp"] = at.In(time.FixedZone("", 2*60*60)).Format(timeForm)
	default:
		d.json["timestamp"] = at.Format(timeForm)
		d.json["originalTimestamp"] = at.Add(-time.Second).Format(timeForm)
	}
}

// restamp gives the event the stream's time.
func (s *Stream) restamp(d *draft) {
	d.json["timestamp"] = s.now.Format(timeForm)
	d.fact.At = s.now.UnixMilli()
}

// personas says which audience the event was made for. What such an event says
// of emails, phones and mobile ids adds to what is known; without it, it
// replaces.
func (d *draft) personas(class, key string) {
	p := object{"computation_id": "id_" + key, "computation_key": key, "namespace": "spa_1", "space_id": "spa_1"}
	if class != "" {
		p["computation_class"] = class
	}
	d.context["personas"] = p
}

// say adds values of a key to the meaning.
func (d *draft) say(key, place, platform string, values ...written) {
	said := Said{Key: key, Place: place, Platform: platform}
	_, made := d.context["personas"]
	said.Replace = place == fromTrait && !made
	for _, v := range values {
		said.Values = append(said.Values, v.uploaded)
	}
	d.fact.Said = append(d.fact.Said, said)
}

// externalID adds one to context.externalIds.
func (d *draft) externalID(typ string, value any) {
	list, _ := d.context["externalIds"].([]any)
	d.context["externalIds"] = append(list, object{"id": value, "type": typ, "collection": "users", "encoding": "none"})
}

func (d *draft) bytes() []byte { return encode(d.json) }

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // nothing in a draft can fail
	}
	return b
}
