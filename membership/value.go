package membership

import (
	"bytes"
	"cmp"
	"slices"

	"muster/schema"
	"muster/schema/musterpb"
)

// value merges the last word of one value trait, as register does: what different
// traits say stands side by side, so that each audience can have its own. A trait
// that no audience names any more keeps its last word, which is then not heard.
func (m *merge) value(u *schema.ValueUpdate, s schema.Stamp) {
	i, found := findValue(m.p, u.Trait)
	if !found {
		m.p.Values = slices.Insert(m.p.Values, i, &musterpb.Register{
			Key: uint32(schema.LookalikeValue), Trait: u.Trait, TimeMs: s.TimeMs, Tie: s.Tie, Value: u.Value,
		})
		m.dirty = true
		m.identity = m.identity || len(u.Value) > 0 // never said is the same as cleared
		return
	}
	r := m.p.Values[i]
	switch c := s.Compare(stampOf(r)); {
	case c < 0:
		return
	case !bytes.Equal(r.Value, u.Value): // also at an equal stamp: a repair
		r.TimeMs, r.Tie, r.Value = s.TimeMs, s.Tie, u.Value
		m.changed()
	case c > 0:
		r.TimeMs, r.Tie = s.TimeMs, s.Tie
		m.dirty = true
	}
}

func findValue(p *musterpb.Profile, trait string) (int, bool) {
	return slices.BinarySearchFunc(p.Values, trait, func(r *musterpb.Register, trait string) int {
		return cmp.Compare(r.Trait, trait)
	})
}

// valueOf is the user's value of a trait, "" if there is none.
func valueOf(p *musterpb.Profile, trait string) string {
	if i, found := findValue(p, trait); found {
		return string(p.Values[i].Value)
	}
	return ""
}
