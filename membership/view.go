package membership

import (
	"slices"

	"muster/schema"
	"muster/schema/musterpb"
)

// view makes the rows of one profile. The identifiers are gathered at the first
// use, and rows made once for all audiences with the same choice. Reset
// before each profile and whenever it changed; not safe for concurrent use.
type view struct {
	rules  *rules
	cutoff int64 // see aging

	p         *musterpb.Profile
	gathered  bool
	asked     bool // for consent
	consented bool
	ids       schema.Identifiers
	rows      []rowsOf
	scratch   []stampedValue
}

type rowsOf struct {
	choice choice
	rows   []*musterpb.Row
}

func (v *view) reset(p *musterpb.Profile) {
	v.p, v.gathered, v.asked, v.rows = p, false, false, v.rows[:0]
}

// member returns what the uploader is to know of the user in an audience; a is
// the profile's membership of it, nil if there is none. The version is left
// open. The rows belong to the view.
//
// A user without consent is not desired: neither in nor with rows, so that they
// are not counted as a member who cannot be matched. That is said of those who are
// out as well: where members are only added, an earlier row may still be there.
func (v *view) member(a *musterpb.Membership) *musterpb.MemberRows {
	if a == nil || forgotten(v.p, a) {
		return &musterpb.MemberRows{Erased: v.p.ErasedAtMs > 0}
	}
	m := &musterpb.MemberRows{Withdrawn: !v.consent(), Name: a.Name, Space: a.Space, Computation: a.Computation, FacebookId: a.FacebookId}
	if a.In {
		choice := v.rules.chosen(a.Audience)
		if m.Rows, m.In = v.desired(choice); m.In && len(m.Rows) == 0 {
			m.Unmatchable = schema.WhyUnmatchable(&v.ids, choice.keys)
		}
	}
	if !m.In && (a.FacebookId != "" || slices.Contains(v.rules.existing, a.Audience)) {
		m.Rows = v.known(v.rules.chosen(a.Audience))
	}
	return m
}

// consent reports whether the user has granted what is asked for, and not so long
// ago that it is to be forgotten.
func (v *view) consent() bool {
	if !v.asked {
		v.asked, v.consented = true, consented(v.p, v.rules.categories) && !aged(v.p, v.cutoff)
	}
	return v.consented
}

func (v *view) desired(c choice) (rows []*musterpb.Row, in bool) {
	if !v.consent() {
		return nil, false
	}
	return v.known(c), true
}

// known returns the user's rows, wanted or not.
func (v *view) known(c choice) []*musterpb.Row {
	if !v.gathered {
		v.gathered = true
		v.identifiers()
	}
	for i := range v.rows {
		if v.rows[i].choice == c {
			return v.rows[i].rows
		}
	}
	if c.value != "" {
		v.ids.LookalikeValue = valueOf(v.p, c.value)
	}
	rows := schema.Rows(&v.ids, c.keys)
	v.rows = append(v.rows, rowsOf{c, rows})
	return rows
}

// sameMember reports whether two emissions differ in nothing but their version.
func sameMember(a, b *musterpb.MemberRows) bool {
	return a.In == b.In && a.Erased == b.Erased && a.Withdrawn == b.Withdrawn && a.Unmatchable == b.Unmatchable &&
		a.Name == b.Name && a.Space == b.Space &&
		a.Computation == b.Computation && a.FacebookId == b.FacebookId &&
		slices.EqualFunc(a.Rows, b.Rows, (*musterpb.Row).EqualVT)
}
