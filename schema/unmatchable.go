package schema

import "muster/schema/musterpb"

// WhyUnmatchable says why [Rows] returns nothing for a user.
func WhyUnmatchable(ids *Identifiers, chosen KeySet) musterpb.Unmatchable {
	lists := [...]struct {
		key    Key
		values [][]byte
	}{{Email, ids.Emails}, {Phone, ids.Phones}, {MADID, ids.MADIDs}}
	for _, l := range lists {
		if len(l.values) > 0 && !chosen.Has(l.key) {
			return musterpb.Unmatchable_UNMATCHABLE_NOT_CHOSEN
		}
	}
	for k := FN; k < LookalikeValue; k++ {
		if len(ids.Single[k]) > 0 {
			return musterpb.Unmatchable_UNMATCHABLE_WEAK
		}
	}
	return musterpb.Unmatchable_UNMATCHABLE_UNKNOWN
}
