package schema

import "github.com/valyala/fastjson"

// consents notes what context.consent.categoryPreferences says of the
// categories asked for. A category that it does not name is left as it was;
// one whose value is anything but true is refused. An event without
// preferences says nothing.
func (d *Decoder) consents() {
	if len(d.opts.ConsentCategories) == 0 {
		return
	}
	preferences := member(d.env.consent, "categoryPreferences")
	for _, category := range d.opts.ConsentCategories {
		v := member(preferences, category)
		if v == nil {
			continue
		}
		in, ok := truth(v)
		d.draft.consents = append(d.draft.consents, ConsentUpdate{Category: category, Granted: in && ok})
	}
}

// truth reads a boolean, or the text of one: journeys v1 send "true".
func truth(v *fastjson.Value) (value, ok bool) {
	if v == nil {
		return false, false
	}
	switch v.Type() {
	case fastjson.TypeTrue:
		return true, true
	case fastjson.TypeFalse:
		return false, true
	case fastjson.TypeString:
		switch s := word(v); s {
		case "true", "false":
			return s == "true", true
		}
	}
	return false, false
}

func isBool(v *fastjson.Value) bool {
	return v != nil && (v.Type() == fastjson.TypeTrue || v.Type() == fastjson.TypeFalse)
}
