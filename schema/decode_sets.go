package schema

import (
	"bytes"
	"slices"

	"github.com/valyala/fastjson"
)

// setDraft gathers what one source says of one many-valued key. Its memory is
// used again from event to event.
type setDraft struct {
	key      Key
	source   Source
	platform Platform
	path     string // of the first value, for over_cap
	trait    string
	values   [][]byte
	blank    bool
	invalid  bool
}

// set returns the draft for the key, source and platform.
func (d *Decoder) set(k Key, s Source, pl Platform) *setDraft {
	sets := d.draft.sets
	for i := range sets {
		if sets[i].key == k && sets[i].source == s && sets[i].platform == pl {
			return &sets[i]
		}
	}
	if len(sets) < cap(sets) {
		sets = sets[:len(sets)+1]
	} else {
		sets = append(sets, setDraft{})
	}
	d.draft.sets = sets
	set := &sets[len(sets)-1]
	*set = setDraft{key: k, source: s, platform: pl, values: set.values[:0]}
	return set
}

// sets reads emails, phones and mobile ids from the traits of the places. In
// each place the first trait with a usable value is heard (for mobile ids: the
// first of each platform); the places are heard all.
func (d *Decoder) sets(t *traitTable, places []place) {
	for k := Email; k <= MADID; k++ {
		for i := range places {
			p := &places[i]
			var found [PlatformAndroid + 1]bool
			for _, tr := range t.keys[k] {
				v := p.slots[tr.slot]
				if v == nil || found[tr.platform] || d.isMembership(tr, v) {
					continue
				}
				found[tr.platform] = d.traitValues(k, p, tr, v)
			}
		}
	}
}

// traitValues adds the value of a trait, or all values of its list, and reports
// whether one was usable.
func (d *Decoder) traitValues(k Key, p *place, tr trait, v *fastjson.Value) (found bool) {
	list := elements(v)
	if len(list) == 0 {
		return d.add(d.set(k, SourceTrait, tr.platform), v, p, tr)
	}
	for _, v := range list {
		if d.add(d.set(k, SourceTrait, tr.platform), v, p, tr) {
			found = true
		}
	}
	return found
}

// add adds one value to a set, or notes why it cannot be used.
func (d *Decoder) add(set *setDraft, v *fastjson.Value, p *place, tr trait) bool {
	if set.key == MADID && !blank(v) && d.isOff(set.platform) {
		d.draft.drop(set.key, p.path, tr.path, DropTrackingOff)
		return false
	}
	value, reason := d.value(set.key, v, p, tr)
	switch reason {
	case "":
		set.values = append(set.values, value)
		if set.path == "" {
			set.path, set.trait = p.path, tr.path
		}
	case DropEmpty:
		set.blank = true
	default:
		set.invalid = true
	}
	return reason == ""
}

// firstValue returns the value of the key that identifies a row: the highest,
// whatever the order in which the row lists them.
func (d *Decoder) firstValue(k Key) []byte {
	var highest []byte
	for i := range d.draft.sets {
		if set := &d.draft.sets[i]; set.key == k {
			for _, v := range set.values {
				if bytes.Compare(v, highest) > 0 {
					highest = v
				}
			}
		}
	}
	return highest
}

// endSets turns the drafts into updates. Traits of an event without
// context.personas replace what traits said before, an empty one clears it; all
// else accumulates. The profile keeps the highest values of one stamp, so the
// highest are kept here.
func (d *Decoder) endSets() []SetUpdate {
	var buf [8]SetUpdate
	updates := buf[:0]
	for i := range d.draft.sets {
		set := &d.draft.sets[i]
		replace := set.source == SourceTrait && !d.draft.accumulate
		if len(set.values) == 0 && !(replace && set.blank && !set.invalid) {
			continue
		}
		slices.SortFunc(set.values, func(a, b []byte) int { return bytes.Compare(b, a) })
		values := slices.CompactFunc(set.values, bytes.Equal)
		for len(values) > d.opts.MaxValues {
			values = values[:len(values)-1]
			d.draft.drop(set.key, set.path, set.trait, DropOverCap)
		}
		updates = append(updates, SetUpdate{
			Key: set.key, Source: set.source, Platform: set.platform,
			Replace: replace, Values: d.valueSlab.clone(values),
		})
	}
	return d.setSlab.clone(updates)
}
