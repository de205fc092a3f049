package membership

import (
	"cmp"
	"slices"

	"muster/schema"
	"muster/schema/musterpb"
)

// consent merges the last word on one consent category.
func (m *merge) consent(u *schema.ConsentUpdate, s schema.Stamp) {
	i, found := findConsent(m.p, u.Category)
	if !found {
		m.p.Consents = slices.Insert(m.p.Consents, i, &musterpb.Consent{
			Category: u.Category, TimeMs: s.TimeMs, Tie: s.Tie, Granted: u.Granted,
		})
		m.dirty = true
		m.identity = m.identity || u.Granted // never asked is the same as refused
		return
	}
	c := m.p.Consents[i]
	switch order := s.Compare(stampOf(c)); {
	case order < 0:
		return
	case c.Granted != u.Granted:
		c.TimeMs, c.Tie, c.Granted = s.TimeMs, s.Tie, u.Granted
		m.changed()
	case order > 0:
		c.TimeMs, c.Tie = s.TimeMs, s.Tie
		m.dirty = true
	}
}

func findConsent(p *musterpb.Profile, category string) (int, bool) {
	return slices.BinarySearchFunc(p.Consents, category, func(c *musterpb.Consent, category string) int {
		return cmp.Compare(c.Category, category)
	})
}

// consented reports whether the last word on every category is yes.
func consented(p *musterpb.Profile, categories []string) bool {
	for _, category := range categories {
		i, found := findConsent(p, category)
		if !found || !p.Consents[i].Granted {
			return false
		}
	}
	return true
}
