package schema

import "github.com/valyala/fastjson"

// externalID is one element of context.externalIds.
type externalID struct {
	id                        *fastjson.Value
	typ, collection, encoding string
}

func readExternalID(v *fastjson.Value) (x externalID) {
	each(v, func(name string, v *fastjson.Value) {
		switch name {
		case "id":
			x.id = v
		case "type":
			x.typ = word(v)
		case "collection":
			x.collection = word(v)
		case "encoding":
			x.encoding = word(v)
		}
	})
	return x
}

// externalTypes are the types of external ids that are identifiers.
var externalTypes = map[string]struct {
	key      Key
	platform Platform
}{
	"email":        {key: Email},
	"phone":        {key: Phone},
	"ios.idfa":     {MADID, PlatformIOS},
	"android.idfa": {MADID, PlatformAndroid},
}

var (
	externalIDsPlace = place{path: "context.externalIds"}
	externalIDPlace  = place{path: "context.externalId"}
)

// externalIDs reads context.externalIds (Segment: ids of people are of the
// collection "users") and context.externalId (RudderStack, without collections).
func (d *Decoder) externalIDs() {
	for _, v := range elements(d.env.externalIDs) {
		d.externalID(readExternalID(v), &externalIDsPlace, false)
	}
	for _, v := range elements(d.env.externalID) {
		d.externalID(readExternalID(v), &externalIDPlace, true)
	}
}

// externalID reads one external id. Types that are no identifiers are ignored;
// ids of another collection, or encoded, are noted.
func (d *Decoder) externalID(x externalID, p *place, anyCollection bool) {
	t, ok := externalTypes[x.typ]
	if !ok || x.id == nil {
		return
	}
	tr := trait{path: x.typ}
	ofUsers := x.collection == "users" || anyCollection && x.collection == ""
	if !ofUsers || x.encoding != "" && x.encoding != "none" {
		d.draft.drop(t.key, p.path, tr.path, DropUnsupportedKey)
		return
	}
	d.add(d.set(t.key, SourceExternalID, t.platform), x.id, p, tr)
}
