package graphtest

import (
	"slices"
	"strings"

	"github.com/valyala/fastjson"
)

// Data sources an audience gets locked to by its first upload (python SDK issue 433).
const (
	sourceArrays = "FILE_IMPORTED.MULTI_HASHES"
	sourceSingle = "FILE_IMPORTED.HASHES_OR_USER_IDS"
)

// payload is the data of a membership request, checked and packed.
type payload struct {
	schema   []keyID // in the order of the columns
	source   string
	rows     []packed // the valid ones
	received int
	invalid  int
	samples  map[string]string // row as compact JSON text → reason
	lapses   []lapse
}

// lapse is something a right client does not do, found in a payload.
type lapse struct {
	kind   ViolationKind
	detail string
}

const maxSamples = 100

func (p *payload) has(k keyID) bool { return slices.Contains(p.schema, k) }

// readPayload checks everything about a payload that does not depend on the audience.
// The rules of the client's manners go to lapses, whether or not Facebook minds.
func readPayload(in params, tooMany1_99 bool) (*payload, *graphError) {
	if !in.has("payload") {
		return nil, errParam("payload")
	}
	v := in.object("payload")
	if v.Type() != fastjson.TypeObject {
		return nil, errBadParam("payload", "an array.")
	}
	p := &payload{samples: make(map[string]string)}
	if err := p.readSchema(v); err != nil {
		return p, err
	}
	data := v.Get("data")
	if data == nil || data.Type() != fastjson.TypeArray || len(data.GetArray()) == 0 {
		p.note(RowShape, "data is missing or empty")
		return p, errShape()
	}
	p.received = len(data.GetArray())
	if p.received > MaxRows {
		p.note(TooManyRows, "more than 10,000 rows")
		return p, errTooMany(tooMany1_99)
	}
	return p, p.readRows(data.GetArray())
}

func (p *payload) readSchema(v *fastjson.Value) *graphError {
	schema := v.Get("schema")
	if schema == nil {
		p.note(RowShape, "schema is missing")
		return errShape()
	}
	var names []string
	if schema.Type() == fastjson.TypeArray {
		p.source = sourceArrays
		for _, e := range schema.GetArray() {
			names = append(names, jsonText(e))
		}
	} else {
		p.source = sourceSingle
		p.note(StringSchema, "the schema is no array")
		name := jsonText(schema)
		if long, ok := singleKeys[name]; ok {
			name = long
		}
		names = []string{name}
	}
	for _, name := range names {
		k, ok := keyByName[name]
		if !ok {
			p.note(RowShape, "unknown key in schema")
			return errShape()
		}
		if p.has(k) {
			p.note(RepeatedKey, name)
		}
		p.schema = append(p.schema, k)
	}
	if len(p.schema) == 0 || !slices.ContainsFunc(p.schema, keyID.identifies) {
		p.note(RowShape, "schema without an identifier")
		return errShape()
	}
	return p.checkApps(v)
}

// checkApps holds the rules of ids that are scoped to apps and pages.
func (p *payload) checkApps(v *fastjson.Value) *graphError {
	empty := func(name string) bool { return len(v.GetArray(name)) == 0 }
	if (p.has(keyByName["UID"]) || p.has(keyByName["APPUID"])) && empty("app_ids") {
		return errParam("app_ids")
	}
	if p.has(keyByName["PAGEUID"]) {
		if empty("page_ids") {
			return errParam("page_ids")
		}
		if len(p.schema) > 1 || p.source != sourceArrays {
			return errShape()
		}
	}
	return nil
}

// note keeps one lapse of each kind and detail.
func (p *payload) note(kind ViolationKind, detail string) {
	l := lapse{kind, detail}
	if !slices.Contains(p.lapses, l) {
		p.lapses = append(p.lapses, l)
	}
}

// schemaText names the schema, for sessions.
func (p *payload) schemaText() string {
	names := make([]string, len(p.schema))
	for i, k := range p.schema {
		names[i] = k.info().name
	}
	return p.source + ":" + strings.Join(names, ",")
}
