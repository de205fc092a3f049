package model

import (
	"cmp"
	"slices"
)

// maxValues is how many values a place keeps, and how many of a key a user's
// rows use.
const maxValues = 10

// Truth is all that the events of a stream said.
type Truth struct {
	facts map[string][]Fact
	// DeadLetters are the records that are no events.
	DeadLetters []DeadLetter
	// Ignored counts the events that say nothing.
	Ignored map[IgnoredKind]int

	untold bool // nothing is kept
}

// DeadLetter is a record that has to be found in the dead-letter topic.
type DeadLetter struct {
	Reason    Reason
	Topic     string
	Partition int
	Offset    int64
}

func newTruth() *Truth {
	return &Truth{facts: make(map[string][]Fact), Ignored: make(map[IgnoredKind]int)}
}

func (t *Truth) add(f Fact) {
	if !t.untold {
		t.facts[f.User] = append(t.facts[f.User], f)
	}
}

func (t *Truth) bury(d DeadLetter) {
	if !t.untold {
		t.DeadLetters = append(t.DeadLetters, d)
	}
}

// Members are the rows of every user in every audience that was ever named:
// audience → user → rows. Users that cannot be matched have no rows and are
// left out.
func (t *Truth) Members() map[string]map[string][]Row {
	all := make(map[string]map[string][]Row)
	for user, facts := range t.facts {
		k := know(facts)
		rows := k.rows()
		for audience := range k.named {
			if all[audience] == nil {
				all[audience] = make(map[string][]Row)
			}
			if k.in[audience] && len(rows) > 0 {
				all[audience][user] = rows
			}
		}
	}
	return all
}

// known is what the events of one user say in the end.
type known struct {
	in     map[string]bool
	named  map[string]bool // audiences, erasures notwithstanding
	single map[string]string
	lists  map[list]map[string]int64 // place → value → when it was last said
}

type list struct{ key, place, platform string }

func know(facts []Fact) *known {
	facts = slices.SortedFunc(slices.Values(facts), func(a, b Fact) int { return cmp.Compare(a.At, b.At) })
	k := &known{named: make(map[string]bool)}
	k.forget()
	for _, f := range facts {
		k.hear(f)
	}
	return k
}

func (k *known) forget() {
	k.in = make(map[string]bool)
	k.single = make(map[string]string)
	k.lists = make(map[list]map[string]int64)
}

func (k *known) hear(f Fact) {
	if f.Erase {
		k.forget()
		return
	}
	for audience, in := range f.In {
		k.in[audience], k.named[audience] = in, true
	}
	for key, value := range f.Single {
		k.single[key] = value
	}
	for l := range k.lists {
		if slices.Contains(f.NoTrack, l.platform) {
			delete(k.lists, l)
		}
	}
	for _, s := range f.Said {
		l := list{s.Key, s.Place, s.Platform}
		if s.Replace || k.lists[l] == nil {
			k.lists[l] = make(map[string]int64)
		}
		for _, v := range s.Values {
			k.lists[l][v] = f.At
		}
		k.lists[l] = newest(k.lists[l])
	}
}

// newest keeps the values that were said last.
func newest(said map[string]int64) map[string]int64 {
	if len(said) <= maxValues {
		return said
	}
	values := make([]string, 0, len(said))
	for v := range said {
		values = append(values, v)
	}
	slices.SortFunc(values, func(a, b string) int {
		return cmp.Or(-cmp.Compare(said[a], said[b]), -cmp.Compare(a, b))
	})
	kept := make(map[string]int64, maxValues)
	for _, v := range values[:maxValues] {
		kept[v] = said[v]
	}
	return kept
}

// values are the user's values of a key, in the order in which rows take them:
// by the bytes of the hash or id, which is the order of their texts.
func (k *known) values(key string) []string {
	union := make(map[string]int64)
	for l, said := range k.lists {
		if l.key != key {
			continue
		}
		for v, at := range said {
			union[v] = max(union[v], at)
		}
	}
	var sorted []string
	for v := range newest(union) {
		sorted = append(sorted, v)
	}
	slices.Sort(sorted)
	return sorted
}
