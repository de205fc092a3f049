package graphtest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Row is one line of an audience: Facebook key → value as it was uploaded. Blank values
// are left out.
type Row map[string]string

// String is the canonical form of a row: keys in alphabetical order.
func (r Row) String() string {
	var b strings.Builder
	for i, k := range slices.Sorted(maps.Keys(r)) {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%s", k, r[k])
	}
	return b.String()
}

// packed is a row in few bytes: for each value that is not blank, in the order of
// keyTable, the key, the length and the value; hashes as 32 bytes. Strong keys come first.
type packed struct {
	data   string
	strong int // length of the part of data with the strong keys
}

func appendPacked(b []byte, k keyID, value []byte) []byte {
	b = append(b, byte(k))
	b = binary.AppendUvarint(b, uint64(len(value)))
	return append(b, value...)
}

// identity is what makes a row the same line as another: its complete set of strong
// keys, or all of it when it has none.
func (p packed) identity() string {
	if p.strong == 0 {
		return p.data
	}
	return p.data[:p.strong]
}

// field is one packed value with its key and length; it shares the row's memory.
type field string

func (f field) key() keyID { return keyID(f[0]) }

// value is the value as it was uploaded.
func (f field) value() string {
	n, width := uvarint(string(f[1:]))
	raw := string(f[1+width : 1+width+n])
	if f.key().info().form == hashed {
		return hex.EncodeToString([]byte(raw))
	}
	return raw
}

// fields walks over all values of a row.
func (p packed) fields(yield func(field) bool) { walk(p.data, yield) }

// strongFields walks over the strong keys only.
func (p packed) strongFields(yield func(field) bool) { walk(p.data[:p.strong], yield) }

func walk(data string, yield func(field) bool) {
	for data != "" {
		n, width := uvarint(data[1:])
		end := 1 + width + n
		if !yield(field(data[:end])) {
			return
		}
		data = data[end:]
	}
}

func (p packed) row() Row {
	r := make(Row)
	for f := range p.fields {
		name, v := f.key().info().name, f.value()
		if prev, ok := r[name]; ok {
			v = prev + "," + v
		}
		r[name] = v
	}
	return r
}

func uvarint(s string) (value, width int) {
	var shift uint
	for i := 0; ; i++ {
		c := s[i]
		value |= int(c&0x7f) << shift
		if c < 0x80 {
			return value, i + 1
		}
		shift += 7
	}
}

// pack encodes a Row; it is how tests name rows.
func pack(r Row) (packed, error) {
	var p packed
	var b []byte
	for i, info := range keyTable {
		v, ok := r[info.name]
		if !ok || v == "" {
			continue
		}
		raw := []byte(v)
		if info.form == hashed {
			h, err := hex.DecodeString(v)
			if err != nil || len(h) != 32 {
				return packed{}, fmt.Errorf("pack row: value of %s is no SHA-256 in hex", info.name)
			}
			raw = h
		}
		b = appendPacked(b, keyID(i), raw)
		if !info.weak {
			p.strong = len(b)
		}
	}
	p.data = string(b)
	return p, nil
}
