package graphtest

import (
	"fmt"
	"strings"
	"time"
)

// externMappingLife is how long Facebook remembers which person an EXTERN_ID stands for
// (Meta, Customer File Custom Audiences guide).
const externMappingLife = 90 * 24 * time.Hour

// directory knows all people by their keys.
type directory struct {
	people []Person
	by     map[field][]int32
	byName map[string][]int32 // complete sets of weak keys
}

func newDirectory(people []Person) *directory {
	d := &directory{people: people, by: make(map[field][]int32), byName: make(map[string][]int32)}
	for i, person := range people {
		for name, values := range person.Keys {
			if _, ok := keyByName[name]; !ok {
				panic("graphtest: person with unknown key " + name)
			}
			for _, v := range values {
				p, err := pack(Row{name: v})
				if err != nil {
					panic(fmt.Sprintf("graphtest: person %s: %v", person.ID, err))
				}
				for f := range p.strongFields {
					d.by[f] = append(d.by[f], int32(i))
				}
			}
		}
		first := make(Row)
		for name, values := range person.Keys {
			if len(values) > 0 {
				first[name] = values[0]
			}
		}
		for _, set := range weakSets(first) {
			d.byName[set] = append(d.byName[set], int32(i))
		}
	}
	return d
}

// externMapping is an EXTERN_ID that was once seen beside another match.
type externMapping struct {
	people []int32
	at     time.Time
}

// match finds the people that a row stands for: by any strong key, by the account's
// EXTERN_ID mapping, or by a complete name with place or date of birth. A match stores
// the mapping of the row's EXTERN_ID. How Meta weighs weak keys is not documented.
func (d *directory) match(p packed, mappings map[string]externMapping, now time.Time) map[int32]struct{} {
	if len(d.people) == 0 {
		return nil
	}
	found := make(map[int32]struct{})
	var extern string
	for f := range p.strongFields {
		if f.key() == keyExternID {
			extern = f.value()
			continue
		}
		for _, i := range d.by[f] {
			found[i] = struct{}{}
		}
	}
	for _, set := range weakSets(p.row()) {
		for _, i := range d.byName[set] {
			found[i] = struct{}{}
		}
	}
	if extern == "" {
		return found
	}
	if len(found) > 0 {
		m := externMapping{at: now}
		for i := range found {
			m.people = append(m.people, i)
		}
		mappings[extern] = m
		return found
	}
	if m, ok := mappings[extern]; ok && now.Sub(m.at) <= externMappingLife {
		for _, i := range m.people {
			found[i] = struct{}{}
		}
	}
	return found
}

var weakCombinations = [][]string{
	{"FN", "LN", "ZIP", "COUNTRY"},
	{"FN", "LN", "CT", "ST", "COUNTRY"},
	{"FN", "LN", "DOBY", "DOBM", "DOBD", "COUNTRY"},
}

// weakSets are the combinations of weak keys of a row that identify somebody.
func weakSets(r Row) []string {
	var sets []string
	for _, names := range weakCombinations {
		parts := make([]string, len(names))
		complete := true
		for i, name := range names {
			parts[i] = name + "=" + r[name]
			complete = complete && r[name] != ""
		}
		if complete {
			sets = append(sets, strings.Join(parts, " "))
		}
	}
	return sets
}
