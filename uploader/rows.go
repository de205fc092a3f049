package uploader

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"muster/schema"
	"muster/schema/musterpb"
)

// strongKeys are the keys of which one value alone identifies a person.
var strongKeys = [...]schema.Key{schema.ExternID, schema.Email, schema.Phone, schema.MADID}

// hasRow reports whether row is among rows. Rows of a member are few.
func hasRow(rows []*musterpb.Row, row *musterpb.Row) bool {
	return slices.ContainsFunc(rows, row.EqualVT)
}

// sameRows reports whether a and b hold the same rows, in any order.
func sameRows(a, b []*musterpb.Row) bool {
	if len(a) != len(b) {
		return false
	}
	for i, r := range a {
		if !r.EqualVT(b[i]) && !(hasRow(b, r) && hasRow(a, b[i])) {
			return false
		}
	}
	return true
}

// without returns rows less those that drop holds.
func without(rows, drop []*musterpb.Row) []*musterpb.Row {
	var left []*musterpb.Row
	for _, r := range rows {
		if !hasRow(drop, r) {
			left = append(left, r)
		}
	}
	return left
}

// union returns rows and those of more that are not among them.
func union(rows, more []*musterpb.Row) []*musterpb.Row {
	all := slices.Clip(rows)
	for _, r := range more {
		if !hasRow(all, r) {
			all = append(all, r)
		}
	}
	return all
}

// replaceRow returns rows with another one, or none, in the place of row.
func replaceRow(rows []*musterpb.Row, row, by *musterpb.Row) []*musterpb.Row {
	i := slices.IndexFunc(rows, row.EqualVT)
	switch {
	case i < 0:
		return rows
	case by == nil || hasRow(rows, by):
		return slices.Concat(rows[:i], rows[i+1:])
	}
	return slices.Concat(rows[:i], []*musterpb.Row{by}, rows[i+1:])
}

// hasStrong reports whether a row among rows has this value of a strong key.
func hasStrong(rows []*musterpb.Row, k schema.Key, value []byte) bool {
	for _, r := range rows {
		if bytes.Equal(schema.Value(r, k), value) {
			return true
		}
	}
	return false
}

// sameStrong reports whether a and b have the same strong values, all of them.
func sameStrong(a, b *musterpb.Row) bool {
	for _, k := range strongKeys {
		if !bytes.Equal(schema.Value(a, k), schema.Value(b, k)) {
			return false
		}
	}
	return true
}

// anyStrong returns one strong key of row and its value.
func anyStrong(row *musterpb.Row) (schema.Key, []byte) {
	for _, k := range strongKeys {
		if v := schema.Value(row, k); len(v) > 0 {
			return k, v
		}
	}
	return schema.NumKeys, nil
}

// splitStrong parts the strong values of row into those that rows have and
// those that they have not: as rows of strong values alone, nil when empty.
func splitStrong(row *musterpb.Row, rows []*musterpb.Row) (here, gone *musterpb.Row) {
	for _, k := range strongKeys {
		v := schema.Value(row, k)
		if len(v) == 0 {
			continue
		}
		part := &gone
		if hasStrong(rows, k, v) {
			part = &here
		}
		if *part == nil {
			*part = new(musterpb.Row)
		}
		schema.SetValue(*part, k, v)
	}
	return here, gone
}

// residue returns row without the strong values that gone has.
func residue(row, gone *musterpb.Row) *musterpb.Row {
	rest := row.CloneVT()
	for _, k := range strongKeys {
		if len(schema.Value(gone, k)) > 0 {
			schema.SetValue(rest, k, nil)
		}
	}
	return rest
}

// rowHash names a row in its member without holding it twice.
func rowHash(row *musterpb.Row) []byte {
	sum := sha256.Sum256([]byte(schema.RowKey(row)))
	return sum[:16]
}

func isRefused(refused [][]byte, row *musterpb.Row) bool {
	if len(refused) == 0 {
		return false
	}
	h := rowHash(row)
	return slices.ContainsFunc(refused, func(r []byte) bool { return bytes.Equal(r, h) })
}
