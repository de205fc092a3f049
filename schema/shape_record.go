package schema

import (
	"strings"

	"github.com/valyala/fastjson"
)

// facebookAudiencePrefix begins the type of the external id by which a
// RudderStack record names an existing Facebook audience.
const facebookAudiencePrefix = "FB_CUSTOM_AUDIENCE-"

// recordShape decodes a RudderStack record: one row of a warehouse table that
// came, changed or went.
func (d *Decoder) recordShape() fault {
	in, ok := recordAction(d.env.action)
	if !ok {
		return fault{BadRecord, "action is not insert, update or delete"}
	}
	path, row := "fields", d.env.fields
	if !isObject(row) {
		path, row = "identifiers", d.env.identifiers
	}
	if !isObject(row) {
		return fault{BadRecord, "neither fields nor identifiers is an object"}
	}
	m := Membership{Audience: d.source.Audience, In: in}
	if id := facebookAudience(&d.env); id != "" {
		m.Audience, m.FacebookID = facebookAudiencePrefix+id, id
	}
	if !usableAudience(m.Audience) {
		return fault{NoAudience, "the record names no audience (context.externalId), nor does its source's configuration"}
	}
	d.begin(typeRecord)
	return d.row(m, path, row)
}

func recordAction(action string) (in, ok bool) {
	switch {
	case strings.EqualFold(action, "insert"), strings.EqualFold(action, "update"):
		return true, true
	case strings.EqualFold(action, "delete"):
		return false, true
	default:
		return false, false
	}
}

// facebookAudience returns the id of the Facebook audience a record names. Ids
// are decimal; anything else names none.
func facebookAudience(e *envelope) string {
	for _, v := range elements(e.externalID) {
		id, ok := strings.CutPrefix(readExternalID(v).typ, facebookAudiencePrefix)
		if ok && facebookID(id) {
			return id
		}
	}
	return ""
}

// row decodes one row of Facebook's keys into the draft and ends it. The user
// is the row itself.
func (d *Decoder) row(m Membership, path string, row *fastjson.Value) fault {
	p := &d.places[0]
	p.find(d.rowTraits, path, row)
	for range p.other {
		d.draft.drop(NumKeys, path, "", DropUnsupportedKey)
	}
	externID := ""
	if tr := d.rowTraits.keys[ExternID][0]; p.slots[tr.slot] != nil {
		if value, reason := d.value(ExternID, p.slots[tr.slot], p, tr); reason == "" {
			externID = text(value)
		}
	}
	d.registers(d.rowTraits, d.places[:1])
	d.sets(d.rowTraits, d.places[:1])
	d.values(d.rowTraits, d.places[:1])
	if f := d.identifyRow(m.Audience, externID); f.reason != "" {
		return f
	}
	d.claim(m, true)
	d.consents()
	d.end()
	return fault{}
}
