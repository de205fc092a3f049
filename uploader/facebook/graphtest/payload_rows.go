package graphtest

import (
	"cmp"
	"slices"

	"github.com/valyala/fastjson"
)

// column is one key of the schema and its place in the rows.
type column struct {
	key   keyID
	index int
}

func (p *payload) readRows(data []*fastjson.Value) *graphError {
	columns := make([]column, len(p.schema))
	for i, k := range p.schema {
		columns[i] = column{k, i}
	}
	slices.SortStableFunc(columns, func(a, b column) int { return cmp.Compare(a.key, b.key) })
	p.rows = make([]packed, 0, len(data))
	filled := make([]bool, len(p.schema))
	var single [1]*fastjson.Value
	var scratch []byte
	for _, line := range data {
		cells := single[:]
		switch {
		case line.Type() == fastjson.TypeArray:
			cells = line.GetArray()
		case p.source == sourceSingle:
			cells[0] = line
		default:
			p.note(RowShape, "row is no list")
			return errShape()
		}
		if len(cells) != len(p.schema) {
			p.note(RowShape, "row and schema differ in length")
			return errShape()
		}
		row, reason, buf := p.readRow(cells, columns, scratch[:0])
		scratch = buf
		for i, c := range cells {
			filled[i] = filled[i] || !isBlank(c)
		}
		if reason != "" {
			p.refuse(line, reason)
		} else if row.data != "" {
			p.rows = append(p.rows, row)
		}
	}
	for i, ok := range filled {
		if !ok {
			p.note(BlankColumn, p.schema[i].info().name)
		}
	}
	return nil
}

// readRow packs one row; a reason means that it is invalid. A row that can match nobody
// without being invalid comes back empty.
func (p *payload) readRow(cells []*fastjson.Value, columns []column, b []byte) (packed, string, []byte) {
	strong, identified, matchable := 0, false, false
	for _, col := range columns {
		cell, info := cells[col.index], col.key.info()
		if isBlank(cell) {
			if col.key == keyExternID {
				p.note(BlankExternID, "row without EXTERN_ID under a schema with it")
				return packed{}, "empty external ID", b
			}
			continue
		}
		value, reason, keep := p.readCell(col.key, cell)
		if reason != "" {
			return packed{}, reason, b
		}
		identified = identified || col.key.identifies()
		if !keep {
			continue
		}
		matchable = matchable || col.key.identifies()
		b = appendPacked(b, col.key, value)
		if !info.weak {
			strong = len(b)
		}
	}
	switch {
	case !identified:
		p.note(EmptyRow, "row with blanks only")
		return packed{}, "no identifier", b
	case !matchable:
		return packed{}, "", b
	default:
		return packed{data: string(b), strong: strong}, "", b
	}
}

func (p *payload) refuse(line *fastjson.Value, reason string) {
	p.invalid++
	if len(p.samples) < maxSamples {
		text := string(line.MarshalTo(nil))
		if line.Type() == fastjson.TypeString {
			text = jsonText(line)
		}
		p.samples[text] = reason
	}
}
