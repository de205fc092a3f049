package schema

import (
	"slices"
	"strings"

	"github.com/valyala/fastjson"
)

// maxAudienceBytes bounds an audience's key: it is part of record keys.
const maxAudienceBytes = 1024

// usableAudience reports whether an audience can have this key. NUL ends the
// audience in the keys of members.
func usableAudience(key string) bool {
	return key != "" && len(key) <= maxAudienceBytes && !strings.Contains(key, "\x00")
}

// facebookID reports whether s can be an id of Facebook's.
func facebookID(s string) bool {
	return len(s) > 0 && len(s) <= 32 && strings.Trim(s, "0123456789") == ""
}

// audienceKeyOf returns audience_key of traits or properties, "" if none.
func audienceKeyOf(container *fastjson.Value) string { return word(member(container, "audience_key")) }

// membership reads what an identify or track says of an audience: who computed
// it stands in context.personas, the value under the audience's key in the
// container, which is traits or properties. Its texts are valid as long as the
// parsed record.
//
//	class               value true/false   "true"/"false"   absent          other
//	audience            in/out             in/out           bad_membership  bad_membership
//	journey_step        in/out             in/out           in              bad_membership
//	trait, computed_…   nothing            nothing          nothing         nothing
//	else, entered/…     in/out             in/out           by the name     bad_membership
//	else                in/out if audience_key is the key, else nothing
func (d *Decoder) membership(container *fastjson.Value) (m Membership, claimed bool, f fault) {
	p := &d.env.personas
	audienceKey := audienceKeyOf(container)
	if !p.present && audienceKey == "" || p.class == "trait" || p.class == "computed_trait" {
		return m, false, fault{}
	}
	key := p.key
	if key == "" {
		key = audienceKey
	}
	if !usableAudience(key) {
		return m, false, fault{NoAudience, "no usable audience key: want 1 to 1024 bytes without NUL in context.personas.computation_key or audience_key"}
	}
	d.draft.audienceKey = d.names.keep(key)
	m = Membership{Audience: key, Name: p.name, Space: p.space, Computation: p.id}
	if d.opts.ExternalAudiences && facebookID(p.facebookID) {
		m.FacebookID = p.facebookID
	}
	if m.Name == "" {
		m.Name = word(member(container, "audience_name"))
	}
	v := member(container, key)
	in, ok := truth(v)
	byName := false
	switch p.class {
	case "audience":
	case "journey_step":
		byName, in = v == nil, in || v == nil
	default:
		entered := slices.Contains(d.opts.EnteredEvents, d.env.event)
		if !entered && !slices.Contains(d.opts.ExitedEvents, d.env.event) {
			m.In = in
			return m, isBool(v) && audienceKey == key, fault{}
		}
		byName, in = v == nil, in || v == nil && entered
	}
	if !ok && !byName {
		return m, false, fault{BadMembership, "the value under the audience's key is neither a boolean nor \"true\" or \"false\""}
	}
	m.In = in
	return m, true, fault{}
}

// claim adds a membership to the draft, with texts that outlive the record.
func (d *Decoder) claim(m Membership, claimed bool) {
	if !claimed {
		return
	}
	m.Audience = d.names.keep(m.Audience)
	m.Name = d.label(m.Name)
	m.Space = d.label(m.Space)
	m.Computation = d.label(m.Computation)
	m.FacebookID = d.names.keep(m.FacebookID)
	d.draft.memberships = append(d.draft.memberships, m)
}

// label keeps what describes an audience; one that is too long to be a name is
// left out.
func (d *Decoder) label(s string) string {
	if len(s) > maxAudienceBytes {
		return ""
	}
	return d.names.keep(s)
}
