package schema

import (
	"strings"

	"github.com/valyala/fastjson"
)

// trait is one place in an object that can fill an identifier.
type trait struct {
	path     string // dotted = nested
	slot     int    // of place.slots
	platform Platform
}

// builtinTraits are the trait keys of each Facebook key, first wins. Segment's
// spec and Engage name them in camel case, others in snake case; dotted = nested.
var builtinTraits = [NumKeys][]string{
	Email:   {"email"},
	Phone:   {"phone", "phone_number", "phonenumber", "phoneNumber"},
	MADID:   {"idfa", "aaid", "gaid", "madid"},
	FN:      {"first_name", "firstname", "firstName", "first"},
	LN:      {"last_name", "lastname", "lastName", "last"},
	Gen:     {"gender", "gen"},
	DOBY:    {"birth_year", "birthYear"},
	DOBM:    {"birth_month", "birthMonth"},
	DOBD:    {"birth_day", "birthDay"},
	ST:      {"state", "address_state", "address.state"},
	CT:      {"city", "address_city", "address.city"},
	ZIP:     {"zip", "zip_code", "zipCode", "postal_code", "postalCode", "address.postalCode", "address.postal_code", "address.zip"},
	Country: {"country_code", "countryCode", "country", "address.country_code", "address.countryCode", "address.country"},
}

// nameTraits hold a whole name, dateTraits a whole date of birth; both rank
// below the traits of the parts.
var (
	nameTraits = []string{"name"}
	dateTraits = []string{"birthday", "birth_day", "date_of_birth", "dateOfBirth", "DOB"}
)

// bareDayTrait stands in both lists: a usable day is the day alone, anything
// else is read as a whole date.
const bareDayTrait = "birth_day"

var traitPlatforms = map[string]Platform{
	"idfa": PlatformIOS,
	"aaid": PlatformAndroid,
	"gaid": PlatformAndroid,
}

// traitTable finds all traits of an object in one walk over its members.
type traitTable struct {
	root  traitNode
	slots int
	keys  [NumKeys][]trait
	names []trait
	dates []trait
	// values fill LOOKALIKE_VALUE of value-based audiences, each its own register.
	values []trait
}

type traitNode struct {
	slot     int // -1: the member is no trait
	children map[string]*traitNode
}

func newTraitTable(extra map[Key][]string, values []string) *traitTable {
	t := &traitTable{root: traitNode{slot: -1}}
	for k := range builtinTraits {
		t.keys[k] = append(t.add(builtinTraits[k]), t.add(extra[Key(k)])...)
	}
	t.names, t.dates, t.values = t.add(nameTraits), t.add(dateTraits), t.add(values)
	return t
}

// newRowTable is for rows that name their values by Facebook's keys. Their
// LOOKALIKE_VALUE is read where a value trait is called so.
func newRowTable(values []string) *traitTable {
	t := &traitTable{root: traitNode{slot: -1}}
	for k := range t.keys {
		t.keys[k] = t.add([]string{Key(k).String()})
	}
	t.values = t.add(values)
	return t
}

func (t *traitTable) add(paths []string) []trait {
	traits := make([]trait, 0, len(paths))
	for _, path := range paths {
		n := &t.root
		for _, name := range strings.Split(path, ".") {
			next := n.children[name]
			if next == nil {
				if n.children == nil {
					n.children = map[string]*traitNode{}
				}
				next = &traitNode{slot: -1}
				n.children[name] = next
			}
			n = next
		}
		if n.slot < 0 {
			n.slot = t.slots
			t.slots++
		}
		traits = append(traits, trait{path: path, slot: n.slot, platform: traitPlatforms[path]})
	}
	return traits
}

// place is an object that can hold traits, with those that were found.
type place struct {
	path  string // "traits", "context.traits", …
	slots []*fastjson.Value
	other int // members that are no traits
}

// find looks up all traits of the table in v.
func (p *place) find(t *traitTable, path string, v *fastjson.Value) {
	p.path, p.other = path, 0
	if cap(p.slots) < t.slots {
		p.slots = make([]*fastjson.Value, t.slots)
	}
	p.slots = p.slots[:t.slots]
	clear(p.slots)
	p.walk(&t.root, v)
}

func (p *place) walk(n *traitNode, v *fastjson.Value) {
	each(v, func(name string, v *fastjson.Value) {
		child := n.children[name]
		if child == nil {
			p.other++
			return
		}
		if child.slot >= 0 {
			p.slots[child.slot] = v
		}
		if child.children != nil {
			p.walk(child, v)
		}
	})
}
