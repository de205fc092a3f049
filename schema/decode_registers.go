package schema

import (
	"slices"

	"github.com/valyala/fastjson"
)

// registers reads all single-valued keys from the places, the first being
// heard before the second. COUNTRY comes first: it decides how phones, states
// and postal codes of the event are read.
func (d *Decoder) registers(t *traitTable, places []place) {
	d.register(t, Country, places)
	dates := d.dateParts(t, places)
	for k := FN; k < LookalikeValue; k++ {
		switch k {
		case Country:
		case DOBY, DOBM, DOBD:
			d.endRegister(k, d.firstUsable(t, k, places, dates.of(k)))
		default:
			d.register(t, k, places)
		}
	}
}

func (d *Decoder) register(t *traitTable, k Key, places []place) {
	f := d.firstUsable(t, k, places, finding{})
	if f.value == nil && (k == FN || k == LN) {
		d.splitName(t, k, places, &f)
	}
	d.endRegister(k, f)
	if k == Country && len(f.value) == len("us") {
		d.draft.hint.Country = string(f.value)
	}
}

// firstUsable tries the traits of a key in order; rest is what ranks below them.
func (d *Decoder) firstUsable(t *traitTable, k Key, places []place, rest finding) finding {
	var f finding
	for i := range places {
		p := &places[i]
		for _, tr := range t.keys[k] {
			v := p.slots[tr.slot]
			if v == nil || d.isMembership(tr, v) {
				continue
			}
			if tr.path == bareDayTrait && !d.isDay(v) {
				continue // dateParts has it
			}
			if f.take(d.value(k, v, p, tr)) {
				return f
			}
		}
	}
	f.value = rest.value
	f.blank = f.blank || rest.blank
	f.invalid = f.invalid || rest.invalid
	return f
}

// endRegister notes what became of a key: a value, the word to clear it, or
// nothing, which leaves it as it was.
func (d *Decoder) endRegister(k Key, f finding) {
	if f.value != nil || f.blank && !f.invalid {
		d.draft.registers = append(d.draft.registers, RegisterUpdate{Key: k, Value: f.value})
	}
}

// splitName fills FN or LN from a whole name.
func (d *Decoder) splitName(t *traitTable, k Key, places []place, f *finding) {
	for i := range places {
		p := &places[i]
		for _, tr := range t.names {
			v := p.slots[tr.slot]
			if v == nil || d.isMembership(tr, v) {
				continue
			}
			raw, ok := scalar(v)
			switch {
			case !ok || blank(v):
				f.take(d.value(k, v, p, tr))
				continue
			case LooksHashed(raw):
				d.draft.drop(k, p.path, tr.path, DropNotHashable)
				f.invalid = true
				continue
			}
			part, last := SplitName(raw)
			if k == LN {
				part = last
			}
			if part == "" {
				continue // a single word has no last name
			}
			value, reason := d.normalise(k, part)
			if reason != "" {
				d.draft.drop(k, p.path, tr.path, reason)
			}
			if f.take(value, reason) {
				return
			}
		}
	}
}

// dateParts are DOBY, DOBM and DOBD as whole dates give them.
type dateParts [3]finding

func (p *dateParts) of(k Key) finding { return p[k-DOBY] }

// dateParts reads the whole dates of birth, once for the three keys. Each trait
// that cannot be used is noted once, as the year's.
func (d *Decoder) dateParts(t *traitTable, places []place) (parts dateParts) {
	for i := range places {
		p := &places[i]
		for _, tr := range t.dates {
			v := p.slots[tr.slot]
			if v == nil || d.isMembership(tr, v) || tr.path == bareDayTrait && d.isDay(v) {
				continue
			}
			if raw, ok := scalar(v); ok && !blank(v) {
				d.date(raw, p, tr, &parts)
			} else {
				_, reason := d.value(DOBY, v, p, tr)
				for j := range parts {
					parts[j].take(nil, reason)
				}
			}
			if !slices.ContainsFunc(parts[:], func(f finding) bool { return f.value == nil }) {
				return parts
			}
		}
	}
	return parts
}

// date takes one whole date apart; a part that has a value keeps it.
func (d *Decoder) date(raw string, p *place, tr trait, parts *dateParts) {
	year, month, day, reason := d.opts.Normaliser.Date(raw, d.draft.hint)
	if reason != "" {
		d.draft.drop(DOBY, p.path, tr.path, reason)
		for j := range parts {
			parts[j].invalid = true
		}
		return
	}
	for j, part := range [...]string{year, month, day} {
		if part == "" || parts[j].value != nil {
			continue
		}
		k := DOBY + Key(j)
		value, reason := d.normalise(k, part)
		if reason != "" {
			d.draft.drop(k, p.path, tr.path, reason)
		}
		parts[j].take(value, reason)
	}
}

// isDay reports whether v is usable as the day of a birth.
func (d *Decoder) isDay(v *fastjson.Value) bool {
	raw, ok := scalar(v)
	if !ok {
		return false
	}
	_, reason := d.opts.Normaliser.Normalise(DOBD, raw, d.draft.hint)
	return reason == ""
}
