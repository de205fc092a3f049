package membership

import (
	"bytes"
	"slices"

	"muster/schema"
	"muster/schema/musterpb"
)

// identifiers gathers what a profile knows of its user into ids, whose slices
// are used again. Of many-valued keys it takes the union of all sources, capped
// to the highest maxValues by (latest stamp, value), in the order of the values'
// bytes: nothing in it depends on the order in which events came (I1).
func (v *view) identifiers() {
	ids := &v.ids
	ids.ExternID = v.p.ExternId
	ids.ExternIDAlone = v.rules.externIDAlone
	clear(ids.Single[:])
	for _, r := range v.p.Registers {
		if int(r.Key) < schema.NumKeys {
			ids.Single[r.Key] = r.Value
		}
	}
	ids.Emails = v.union(schema.Email)
	ids.Phones = v.union(schema.Phone)
	ids.MADIDs = v.union(schema.MADID)
}

// union returns the values of a key over all its sets.
func (v *view) union(k schema.Key) [][]byte {
	list, sets := v.scratch[:0], 0
	for _, set := range v.p.Sets {
		if set.Key != uint32(k) || len(set.Values) == 0 {
			continue
		}
		if sets++; sets == 1 {
			list = appendSet(list, set) // distinct among themselves
			continue
		}
		for _, value := range set.Values {
			list = addValue(list, value.Value, stampOf(value))
		}
	}
	v.scratch = list
	if len(list) > v.rules.maxValues {
		slices.SortFunc(list, newestFirst)
		list = list[:v.rules.maxValues]
	}
	if len(list) == 0 {
		return nil
	}
	values := make([][]byte, len(list))
	for i := range list {
		values[i] = list[i].value
	}
	slices.SortFunc(values, bytes.Compare)
	return values
}

func appendSet(list []stampedValue, set *musterpb.ValueSet) []stampedValue {
	for _, value := range set.Values {
		list = append(list, stampedValue{stampOf(value), value.Value})
	}
	return list
}
