package uploader

import (
	"unicode/utf8"

	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// encode makes the request's payload: columns in the fixed order of the keys,
// those left out that are blank in every row, and those of the batch's shape. Rows
// in one batch agree on having an EXTERN_ID.
func (b *batch) encode(account facebook.AccountID) {
	columns := b.columns()
	p := facebook.Payload{
		Account: account, Rows: b.rows, Data: make([]byte, 0, b.bytes+2),
		AppIDs: b.shape.appIDs, PageIDs: b.shape.pageIDs,
	}
	for _, k := range columns {
		p.Schema = append(p.Schema, k.String())
	}
	p.Schema = append(p.Schema, b.shape.columns...)
	p.Data = append(p.Data, '[')
	for _, it := range b.items {
		for _, r := range it.rows {
			if len(p.Data) > 1 {
				p.Data = append(p.Data, ',')
			}
			p.Data = appendRow(p.Data, r, columns, b.shape.tail)
		}
	}
	p.Data = append(p.Data, ']')
	b.payload = &p
}

func (b *batch) columns() []schema.Key {
	if b.layout != nil {
		return b.layout
	}
	var used schema.KeySet
	for _, it := range b.items {
		used |= keysOf(it.rows)
	}
	var columns []schema.Key
	for k := range schema.Key(schema.NumKeys) {
		if b.shape.carries(k, used.Has(k)) {
			columns = append(columns, k)
		}
	}
	return columns
}

// appendRow appends a row as a compact JSON array of strings, and the number that
// LOOKALIKE_VALUE is; tail ends it.
func appendRow(dst []byte, r *musterpb.Row, columns []schema.Key, tail string) []byte {
	dst = append(dst, '[')
	for i, k := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		v := schema.Value(r, k)
		if k == schema.LookalikeValue {
			dst = appendValue(dst, v)
			continue
		}
		dst = append(dst, '"')
		if k == schema.ExternID {
			dst = appendEscaped(dst, v)
		} else {
			dst = schema.AppendUploaded(dst, k, v)
		}
		dst = append(dst, '"')
	}
	return append(append(dst, tail...), ']')
}

const hexDigits = "0123456789abcdef"

// appendEscaped appends the inside of a JSON string. What is no UTF-8 becomes
// U+FFFD, as JSON cannot carry it.
func appendEscaped(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
			i++
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			i++
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRune(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst
}

// rejected returns the rows of the batch that Facebook named as invalid, with its
// reasons.
func (b *batch) rejected(invalid []facebook.InvalidRow) map[*musterpb.Row]string {
	if len(invalid) == 0 {
		return nil
	}
	reasons := make(map[facebook.RowHash]string, len(invalid))
	for _, i := range invalid {
		reasons[i.Hash] = i.Reason
	}
	columns := b.columns()
	rows := make(map[*musterpb.Row]string)
	var text []byte
	for _, it := range b.items {
		for _, r := range it.rows {
			text = appendRow(text[:0], r, columns, b.shape.tail)
			if reason, ok := reasons[facebook.HashRow(text)]; ok {
				rows[r] = reason
			}
		}
	}
	return rows
}
