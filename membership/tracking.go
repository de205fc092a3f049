package membership

import (
	"cmp"
	"slices"

	"muster/schema"
	"muster/schema/musterpb"
)

// trackingOff merges that a person switched ad tracking off: mobile ids of the
// platform said until then, by the same event too, are void. Later ones count.
func (m *merge) trackingOff(platform schema.Platform, s schema.Stamp) {
	i, found := findTrackingOff(m.p, uint32(platform))
	if !found {
		m.p.TrackingOff = slices.Insert(m.p.TrackingOff, i, &musterpb.TrackingOff{Platform: uint32(platform)})
	}
	off := m.p.TrackingOff[i]
	if s.Compare(stampOf(off)) <= 0 {
		return
	}
	off.TimeMs, off.Tie = s.TimeMs, s.Tie
	m.dirty = true
	for _, set := range m.p.Sets {
		if set.Key == uint32(schema.MADID) && set.Platform == uint32(platform) {
			m.dropUntil(set, s)
		}
	}
	m.p.Sets = slices.DeleteFunc(m.p.Sets, func(set *musterpb.ValueSet) bool {
		return len(set.Values) == 0 && replacedAt(set) == schema.Stamp{}
	})
}

func (m *merge) dropUntil(set *musterpb.ValueSet, s schema.Stamp) {
	n := len(set.Values)
	set.Values = slices.DeleteFunc(set.Values, func(v *musterpb.StampedValue) bool { return stampOf(v).Compare(s) <= 0 })
	m.identity = m.identity || len(set.Values) != n
}

// voidUntil returns the stamp up to which the values of a set are void.
func (m *merge) voidUntil(id setID) schema.Stamp {
	if id.key != uint32(schema.MADID) {
		return schema.Stamp{}
	}
	i, found := findTrackingOff(m.p, id.platform)
	if !found {
		return schema.Stamp{}
	}
	return stampOf(m.p.TrackingOff[i])
}

func findTrackingOff(p *musterpb.Profile, platform uint32) (int, bool) {
	return slices.BinarySearchFunc(p.TrackingOff, platform, func(o *musterpb.TrackingOff, platform uint32) int {
		return cmp.Compare(o.Platform, platform)
	})
}
