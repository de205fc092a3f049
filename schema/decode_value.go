package schema

import (
	"strings"

	"github.com/valyala/fastjson"
)

// finding is what the traits of one key said.
type finding struct {
	value   []byte // of the first that was usable, nil = none
	blank   bool   // one was there and empty: a word to clear what is known
	invalid bool   // one was there and unusable: what is known stays
}

// blank reports whether v is null, a string of white space, or an empty list:
// the ways to say that there is no value any more.
func blank(v *fastjson.Value) bool {
	switch v.Type() {
	case fastjson.TypeNull:
		return true
	case fastjson.TypeString:
		return strings.TrimSpace(word(v)) == ""
	case fastjson.TypeArray:
		return len(elements(v)) == 0
	default:
		return false
	}
}

// value normalises what stands at a trait, noting what is wrong with it.
func (d *Decoder) value(k Key, v *fastjson.Value, p *place, t trait) (value []byte, reason DropReason) {
	if blank(v) {
		reason = DropEmpty
	} else if raw, ok := scalar(v); !ok {
		reason = DropInvalid
	} else {
		value, reason = d.normalise(k, raw)
		if reason == DropEmpty { // of something that is not blank
			reason = DropInvalid
		}
	}
	if reason != "" {
		d.draft.drop(k, p.path, t.path, reason)
	}
	return value, reason
}

func (d *Decoder) normalise(k Key, raw string) ([]byte, DropReason) {
	n, reason := d.opts.Normaliser.Normalise(k, raw, d.draft.hint)
	if reason != "" {
		return nil, reason
	}
	if d.watch != nil {
		d.watch.value(k, n)
	}
	return n.Value, ""
}

// take adds what one trait said; it reports whether the key has its value.
func (f *finding) take(value []byte, reason DropReason) bool {
	switch reason {
	case "":
		f.value = value
		return true
	case DropEmpty:
		f.blank = true
	default:
		f.invalid = true
	}
	return false
}

// isMembership reports whether v is not a trait but the membership itself, in
// an audience that is named like a trait.
func (d *Decoder) isMembership(t trait, v *fastjson.Value) bool {
	_, ok := truth(v)
	return ok && t.path == d.draft.audienceKey
}
