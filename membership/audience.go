package membership

import (
	"cmp"
	"slices"

	"muster/schema"
	"muster/schema/musterpb"
)

// membership merges the last word on one audience. Name, space, computation and
// Facebook id go with it: they are what the last event said, or left out.
func (m *merge) membership(u *schema.Membership, s schema.Stamp) {
	i, found := findMembership(m.p, u.Audience)
	var before *musterpb.Membership
	if found {
		before = m.p.Memberships[i]
		switch c := s.Compare(stampOf(before)); {
		case c < 0:
			return
		case sameMembership(before, u) && before.TimeMs > m.p.ErasedAtMs:
			if c > 0 {
				before.TimeMs, before.Tie = s.TimeMs, s.Tie
				m.dirty = true
			}
			return
		}
	}
	// A new object: the old one stays as it was, to be compared with.
	after := &musterpb.Membership{
		Audience: u.Audience, TimeMs: s.TimeMs, Tie: s.Tie, In: u.In,
		Name: u.Name, Space: u.Space, Computation: u.Computation, FacebookId: u.FacebookID,
	}
	if found {
		m.p.Memberships[i] = after
	} else {
		m.p.Memberships = slices.Insert(m.p.Memberships, i, after)
	}
	m.dirty = true
	m.touch(u.Audience, before)
}

func (m *merge) touch(audience string, before *musterpb.Membership) {
	for i := range m.touched {
		if m.touched[i].audience == audience {
			return
		}
	}
	m.touched = append(m.touched, touch{audience, before})
}

// sameMembership reports whether only the stamp can differ.
func sameMembership(m *musterpb.Membership, u *schema.Membership) bool {
	return m.In == u.In && m.Name == u.Name && m.Space == u.Space &&
		m.Computation == u.Computation && m.FacebookId == u.FacebookID
}

func findMembership(p *musterpb.Profile, audience string) (int, bool) {
	return slices.BinarySearchFunc(p.Memberships, audience, func(m *musterpb.Membership, audience string) int {
		return cmp.Compare(m.Audience, audience)
	})
}
