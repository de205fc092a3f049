package schema

import (
	"github.com/valyala/fastjson"
)

// audienceListShape decodes a RudderStack audience list: rows that came and
// rows that went. A row in which nobody can be recognised costs that row only;
// a list of such rows alone has no user.
func (d *Decoder) audienceListShape() fault {
	if d.source.Audience == "" {
		return fault{NoAudience, "an audience list needs the source's configuration to name the audience"}
	}
	data := member(d.env.properties, "listData")
	if !isObject(data) {
		return fault{BadRecord, "properties.listData is no object"}
	}
	added, removed := member(data, "add"), member(data, "remove")
	for _, v := range [...]*fastjson.Value{added, removed} {
		if v != nil && v.Type() != fastjson.TypeNull && v.Type() != fastjson.TypeArray {
			return fault{BadRecord, "listData.add or remove is no array"}
		}
		for _, row := range elements(v) {
			if !isObject(row) {
				return fault{BadRecord, "a row of listData is no object"}
			}
		}
	}
	l := list{Decoder: d, first: len(d.events)}
	if f := l.rows(true, "listData.add", elements(added)); f.reason != "" {
		return f
	}
	if f := l.rows(false, "listData.remove", elements(removed)); f.reason != "" {
		return f
	}
	return l.end()
}

// list gathers the rows of one audience list.
type list struct {
	*Decoder
	first   int // the first of its events
	dropped []Dropped
	noUser  fault
}

// rows decodes rows that came (in) or went. A row in both is out: what leaves
// has the higher stamp.
func (l *list) rows(in bool, path string, rows []*fastjson.Value) fault {
	for _, row := range rows {
		l.begin(typeAudienceList)
		l.draft.stamp.Tie &^= 1
		if !in {
			l.draft.stamp.Tie |= 1
		}
		f := l.row(Membership{Audience: l.source.Audience, In: in}, path, row)
		switch f.reason {
		case "":
		case NoUser:
			l.noUser = f
			if len(l.draft.dropped) == 0 {
				l.draft.drop(Email, path, "", DropEmpty)
			}
			l.dropped = append(l.dropped, l.draft.dropped...)
		default:
			return f
		}
	}
	return fault{}
}

// end notes with the first event what the rows left out were dropped for.
func (l *list) end() fault {
	if len(l.events) == l.first {
		return l.noUser
	}
	e := &l.events[l.first]
	e.Dropped = append(e.Dropped[:len(e.Dropped):len(e.Dropped)], l.dropped...)
	return fault{}
}
