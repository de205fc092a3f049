package membership

import (
	"bytes"
	"cmp"
	"slices"

	"muster/schema"
	"muster/schema/musterpb"
)

// setID names one set of a profile: what one source says of one key.
type setID struct{ key, source, platform uint32 }

func idOf(u *schema.SetUpdate) setID {
	return setID{uint32(u.Key), uint32(u.Source), uint32(u.Platform)}
}

func compareSet(s *musterpb.ValueSet, id setID) int {
	return cmp.Or(cmp.Compare(s.Key, id.key), cmp.Compare(s.Source, id.source), cmp.Compare(s.Platform, id.platform))
}

// stampedValue is a value with the latest stamp at which it was said.
type stampedValue struct {
	stamp schema.Stamp
	value []byte
}

// newestFirst is the order of values within a set.
func newestFirst(a, b stampedValue) int {
	if c := b.stamp.Compare(a.stamp); c != 0 {
		return c
	}
	return bytes.Compare(b.value, a.value)
}

// sets merges what one event says of many-valued keys. An event may name a set
// more than once (traits and context.traits); it is merged as one update.
func (m *merge) sets(updates []schema.SetUpdate, s schema.Stamp) {
	for i := range updates {
		id := idOf(&updates[i])
		if !slices.ContainsFunc(updates[:i], func(u schema.SetUpdate) bool { return idOf(&u) == id }) {
			m.set(id, updates[i:], s)
		}
	}
}

// set merges those updates that are of the set id.
//
// The state of a set is the stamp of its newest replacement and the highest
// values at or after it, by latest stamp: both grow only, and cutting at a lower
// bound keeps the highest, so order does not matter. What the same event (equal
// stamp) said before is taken back first: a replay with corrected rules repairs.
func (m *merge) set(id setID, updates []schema.SetUpdate, s schema.Stamp) {
	i, found := slices.BinarySearchFunc(m.p.Sets, id, compareSet)
	old := &musterpb.ValueSet{}
	if found {
		old = m.p.Sets[i]
	}
	was := replacedAt(old)
	replaced := was
	for j := range updates {
		if idOf(&updates[j]) == id && updates[j].Replace && s.Compare(replaced) > 0 {
			replaced = s
		}
	}
	if s.Compare(replaced) < 0 {
		return
	}
	void := m.voidUntil(id)
	values := m.values[:0]
	for _, v := range old.Values {
		if at := stampOf(v); at != s && at.Compare(replaced) >= 0 {
			values = append(values, stampedValue{at, v.Value})
		}
	}
	if s.Compare(void) > 0 {
		for j := range updates {
			if idOf(&updates[j]) != id {
				continue
			}
			for _, value := range updates[j].Values {
				values = addValue(values, value, s)
			}
		}
	}
	slices.SortFunc(values, newestFirst)
	m.values = values
	if n := len(values) - m.maxValues; n > 0 {
		m.overCap[id.key] += n
		values = values[:m.maxValues]
	}
	if sameValues(old.Values, values, true) && replaced == was {
		return
	}
	m.dirty = true
	if !sameValues(old.Values, values, false) || m.valuesOf(id.key) > m.maxValues {
		m.identity = true
	}
	m.store(i, found, id, replaced, values)
}

// addValue adds a value said at s, or moves it up to s. Lists are short: at
// most maxValues of the set and as many of the event.
func addValue(list []stampedValue, value []byte, s schema.Stamp) []stampedValue {
	for i := range list {
		if bytes.Equal(list[i].value, value) {
			if s.Compare(list[i].stamp) > 0 {
				list[i].stamp = s
			}
			return list
		}
	}
	return append(list, stampedValue{s, value})
}

// sameValues reports whether a set holds just these values: with their stamps
// and thus in the same order, or in any order whatever their stamps.
func sameValues(have []*musterpb.StampedValue, want []stampedValue, stamps bool) bool {
	if len(have) != len(want) {
		return false
	}
	for i, v := range have {
		switch {
		case stamps && (stampOf(v) != want[i].stamp || !bytes.Equal(v.Value, want[i].value)):
			return false
		case !stamps && !slices.ContainsFunc(want, func(w stampedValue) bool { return bytes.Equal(w.value, v.Value) }):
			return false
		}
	}
	return true
}

// valuesOf counts the values of a key over all its sets. Beyond the cap of the
// union, stamps decide which of them make rows.
func (m *merge) valuesOf(key uint32) (n int) {
	for _, s := range m.p.Sets {
		if s.Key == key {
			n += len(s.Values)
		}
	}
	return n
}

// store puts a set in its place, or removes it where it says nothing: so that
// equal states have equal bytes.
func (m *merge) store(i int, found bool, id setID, replaced schema.Stamp, values []stampedValue) {
	if len(values) == 0 && replaced == (schema.Stamp{}) {
		if found {
			m.p.Sets = slices.Delete(m.p.Sets, i, i+1)
		}
		return
	}
	if !found {
		m.p.Sets = slices.Insert(m.p.Sets, i, &musterpb.ValueSet{Key: id.key, Source: id.source, Platform: id.platform})
	}
	set := m.p.Sets[i]
	set.ReplacedTimeMs, set.ReplacedTie = replaced.TimeMs, replaced.Tie
	for len(set.Values) < len(values) {
		set.Values = append(set.Values, &musterpb.StampedValue{})
	}
	clear(set.Values[len(values):])
	set.Values = set.Values[:len(values)]
	for j, v := range values {
		to := set.Values[j]
		to.TimeMs, to.Tie, to.Value = v.stamp.TimeMs, v.stamp.Tie, v.value
	}
}

func replacedAt(s *musterpb.ValueSet) schema.Stamp {
	return schema.Stamp{TimeMs: s.ReplacedTimeMs, Tie: s.ReplacedTie}
}
