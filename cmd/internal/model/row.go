package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Row is one line of an audience: Facebook key → value as uploaded. Blank
// values are left out.
type Row map[string]string

// String spells the row with its keys in alphabetical order.
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

// strong are the keys that identify a person alone.
var strong = []string{email, phone, madid}

// identity spells the row's strong keys only.
func (r Row) identity() string {
	id := make(Row, len(strong))
	for _, k := range strong {
		if v := r[k]; v != "" {
			id[k] = v
		}
	}
	return id.String()
}

// rows pairs the user's identifiers: as many rows as the longest list has
// values, row i with the i-th of each, all with the keys of one value.
func (k *known) rows() []Row {
	lists := make(map[string][]string, len(strong))
	n := 0
	for _, key := range strong {
		lists[key] = k.values(key)
		n = max(n, len(lists[key]))
	}
	rows := make([]Row, n)
	for i := range rows {
		rows[i] = make(Row)
		for key, values := range lists {
			if i < len(values) {
				rows[i][key] = values[i]
			}
		}
		for key, value := range k.single {
			if value != "" {
				rows[i][key] = value
			}
		}
	}
	return rows
}
