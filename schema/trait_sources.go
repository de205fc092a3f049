package schema

import (
	"maps"
	"slices"
)

// TraitSources is what fills one Facebook key from traits, as a Decoder reads them.
type TraitSources struct {
	Key Key
	// Traits in order of precedence: the first whose value is usable fills the key.
	// Dotted = nested.
	Traits []string
	// Whole are traits of which the key is a part (a whole name, a whole date). They
	// rank below Traits.
	Whole []string
	// ExternalIDs are types in context.externalIds; Device says that
	// context.device.advertisingId is read. Both are heard beside traits.
	ExternalIDs []string
	Device      bool
}

// TraitSourcesOf returns what a Decoder with these options reads, for every key, in
// the order of the keys.
func TraitSourcesOf(o DecoderOptions) []TraitSources {
	t := newTraitTable(o.ExtraTraits, o.ValueTraits)
	all := make([]TraitSources, NumKeys)
	for i := range all {
		s := &all[i]
		s.Key = Key(i)
		s.Traits = paths(t.keys[i])
		s.Device = s.Key == MADID
		switch s.Key {
		case FN, LN:
			s.Whole = paths(t.names)
		case DOBY, DOBM, DOBD:
			s.Whole = paths(t.dates)
		case LookalikeValue:
			s.Traits = paths(t.values)
		}
	}
	for _, typ := range slices.Sorted(maps.Keys(externalTypes)) {
		s := &all[externalTypes[typ].key]
		s.ExternalIDs = append(s.ExternalIDs, typ)
	}
	return all
}

func paths(traits []trait) []string {
	var list []string
	for _, tr := range traits {
		list = append(list, tr.path)
	}
	return list
}
