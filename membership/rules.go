package membership

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"slices"

	"muster/schema"
)

// rulesVersion goes up when a change of this package's code changes rows that
// were emitted already, so that every member is emitted anew.
const rulesVersion = 1

// rules are what decides the rows of a profile.
type rules struct {
	keys          schema.KeySet            // chosen, where an audience has none of its own
	audienceKeys  map[string]schema.KeySet // by audience
	values        map[string]string        // value trait, by audience
	existing      []string                 // audiences of unknown content
	categories    []string                 // of consent that must be granted
	maxValues     int                      // of one many-valued key, over all sources
	externIDAlone bool
}

// choice is what an audience is to be filled with.
type choice struct {
	keys  schema.KeySet
	value string // the trait that LOOKALIKE_VALUE comes from; "" = it has none
}

func (r *rules) chosen(audience string) choice {
	c := choice{keys: r.keys, value: r.values[audience]}
	if keys, ok := r.audienceKeys[audience]; ok {
		c.keys = keys
	}
	if c.keys &^= schema.KeysOf(schema.LookalikeValue); c.value != "" {
		c.keys |= schema.KeysOf(schema.LookalikeValue)
	}
	return c
}

// everything is what any audience may be filled with. There is no LOOKALIKE_VALUE, by
// which nobody is found.
func (r *rules) everything() choice {
	c := choice{keys: r.keys}
	for _, keys := range r.audienceKeys {
		c.keys |= keys
	}
	c.keys &^= schema.KeysOf(schema.LookalikeValue)
	return c
}

// fingerprint tells two sets of options apart by all that decides the rows, be
// it when rows are made or, before, when events are normalised. It depends on
// nothing else and is the same on every replica.
func fingerprint(r *rules, o *Options) []byte {
	f := digest{sha256.New()}
	f.number(rulesVersion)
	f.number(uint64(r.keys))
	if len(r.existing) > 0 {
		f.texts(slices.Sorted(slices.Values(r.existing)))
	}
	for _, audience := range slices.Sorted(maps.Keys(r.audienceKeys)) {
		f.text(audience)
		f.number(uint64(r.audienceKeys[audience]))
	}
	f.texts(slices.Sorted(slices.Values(r.categories)))
	if len(r.categories) > 0 {
		f.text("withdrawn") // is said since version 1
	}
	if o.ForgetAfter > 0 {
		f.text("forget")
		f.number(uint64(o.ForgetAfter))
	}
	f.number(uint64(r.maxValues))
	f.flag(r.externIDAlone)
	f.flag(o.Decoder.ExternID)
	f.text(o.Normaliser.DefaultCountry)
	f.text(string(o.Normaliser.DateOrder))
	for k := range schema.Key(schema.NumKeys) {
		f.texts(o.Decoder.ExtraTraits[k]) // their order is their precedence
	}
	for _, audience := range slices.Sorted(maps.Keys(r.values)) { // none: as before there were any
		f.texts([]string{"value trait", audience, r.values[audience]})
	}
	return f.Sum(nil)
}

// digest hashes fields so that no two sequences of them run into one another.
type digest struct{ hash.Hash }

func (d digest) number(n uint64) {
	d.Write(binary.BigEndian.AppendUint64(nil, n)) // hash.Hash never returns an error
}

func (d digest) text(s string) {
	d.number(uint64(len(s)))
	d.Write([]byte(s))
}

func (d digest) texts(list []string) {
	d.number(uint64(len(list)))
	for _, s := range list {
		d.text(s)
	}
}

func (d digest) flag(on bool) {
	if on {
		d.number(1)
	} else {
		d.number(0)
	}
}
