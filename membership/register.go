package membership

import (
	"bytes"
	"cmp"
	"slices"

	"muster/schema"
	"muster/schema/musterpb"
)

// register merges the last word on a single-valued key. An empty value is a
// tombstone and keeps its stamp, so that an older value cannot come back.
func (m *merge) register(u *schema.RegisterUpdate, s schema.Stamp) {
	i, found := slices.BinarySearchFunc(m.p.Registers, u.Key, func(r *musterpb.Register, k schema.Key) int {
		return cmp.Compare(r.Key, uint32(k))
	})
	if !found {
		m.p.Registers = slices.Insert(m.p.Registers, i, &musterpb.Register{
			Key: uint32(u.Key), TimeMs: s.TimeMs, Tie: s.Tie, Value: u.Value,
		})
		m.dirty = true
		m.identity = m.identity || len(u.Value) > 0
		return
	}
	r := m.p.Registers[i]
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
