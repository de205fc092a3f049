package schema

import "github.com/valyala/fastjson"

// envelope holds the members of an event that Muster reads. Its texts and
// values are valid as long as the parsed record. Unknown members are ignored.
type envelope struct {
	typ, userID, anonymousID, messageID string
	timestamp, originalTimestamp        string
	event, action                       string
	traits, properties                  *fastjson.Value
	fields, identifiers                 *fastjson.Value
	batch                               *fastjson.Value

	personas                personas
	contextTraits, device   *fastjson.Value
	externalIDs, externalID *fastjson.Value
	consent                 *fastjson.Value
}

// personas is context.personas, by which Engage says what an event was made for.
type personas struct {
	present        bool
	class, id, key string
	space, name    string
	facebookID     string // external_audience_id
}

// read fills the envelope from v, which must be an object.
func (e *envelope) read(v *fastjson.Value) {
	*e = envelope{}
	each(v, func(name string, v *fastjson.Value) {
		switch name {
		case "type":
			e.typ = word(v)
		case "userId":
			e.userID = word(v)
		case "anonymousId":
			e.anonymousID = word(v)
		case "messageId":
			e.messageID = word(v)
		case "timestamp":
			e.timestamp = word(v)
		case "originalTimestamp":
			e.originalTimestamp = word(v)
		case "event":
			e.event = word(v)
		case "action":
			e.action = word(v)
		case "traits":
			e.traits = v
		case "properties":
			e.properties = v
		case "fields":
			e.fields = v
		case "identifiers":
			e.identifiers = v
		case "batch":
			e.batch = v
		case "context":
			e.readContext(v)
		}
	})
}

func (e *envelope) readContext(v *fastjson.Value) {
	e.personas = personas{}
	e.contextTraits, e.device, e.externalIDs, e.externalID, e.consent = nil, nil, nil, nil, nil
	each(v, func(name string, v *fastjson.Value) {
		switch name {
		case "personas":
			e.personas.read(v)
		case "traits":
			e.contextTraits = v
		case "device":
			e.device = v
		case "externalIds":
			e.externalIDs = v
		case "externalId":
			e.externalID = v
		case "consent":
			e.consent = v
		}
	})
}

func (p *personas) read(v *fastjson.Value) {
	*p = personas{present: v.Type() != fastjson.TypeNull}
	each(v, func(name string, v *fastjson.Value) {
		switch name {
		case "computation_class":
			p.class = word(v)
		case "computation_id":
			p.id = word(v)
		case "computation_key":
			p.key = word(v)
		case "space_id":
			p.space = word(v)
		case "external_audience_id":
			p.facebookID = word(v)
		case "audience_name":
			p.name = word(v)
		}
	})
}
