package model

import (
	"fmt"
	"maps"
	"slices"
)

// Compare says where audiences differ from what they have to hold, at most
// limit lines; none means that they agree. present has the lines of each
// audience as they were read back, wanted is what [Truth.Members] gives.
//
// Every wanted row has to be there, value by value, and nothing else, but for
// two things that a set of people cannot tell apart. Two users whose strong keys
// are all equal are one line, which carries the weak keys of either. A line
// whose strong keys all belong to one wanted user stands for a person who is in
// the audience anyway: it was superseded by a fuller row.
func Compare(wanted map[string]map[string][]Row, present map[string][]Row, limit int) []string {
	var diffs []string
	for _, audience := range slices.Sorted(maps.Keys(wanted)) {
		diffs = append(diffs, compareOne(audience, wanted[audience], present[audience])...)
		if len(diffs) > limit {
			return append(diffs[:limit], "…")
		}
	}
	for _, audience := range slices.Sorted(maps.Keys(present)) {
		if _, ok := wanted[audience]; !ok {
			diffs = append(diffs, fmt.Sprintf("%s: nothing ever named this audience", audience))
		}
	}
	return diffs
}

func compareOne(audience string, wanted map[string][]Row, present []Row) []string {
	var diffs []string
	lines := make(map[string]Row, len(present))
	for _, r := range present {
		lines[r.identity()] = r
	}
	accepted := make(map[string][]Row)  // identity → rows of all users
	owners := make(map[string][]string) // strong value → users
	for _, user := range slices.Sorted(maps.Keys(wanted)) {
		for _, r := range wanted[user] {
			id := r.identity()
			accepted[id] = append(accepted[id], r)
			for _, k := range strong {
				if v := r[k]; v != "" {
					owners[k+v] = append(owners[k+v], user)
				}
			}
			if _, ok := lines[id]; !ok {
				diffs = append(diffs, fmt.Sprintf("%s: %s is missing: %v", audience, user, r))
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(lines)) {
		line := lines[id]
		if same := accepted[id]; len(same) > 0 {
			if !slices.ContainsFunc(same, func(r Row) bool { return maps.Equal(r, line) }) {
				diffs = append(diffs, fmt.Sprintf("%s: a user's row differs:\n\twant %v\n\tgot  %v", audience, same[0], line))
			}
			continue
		}
		if !covered(line, owners) {
			diffs = append(diffs, fmt.Sprintf("%s: should not be there: %v", audience, line))
		}
	}
	return diffs
}

// covered reports whether all strong keys of a line belong to one wanted user.
func covered(line Row, owners map[string][]string) bool {
	var users []string
	first := true
	for _, k := range strong {
		v := line[k]
		if v == "" {
			continue
		}
		if first {
			users, first = slices.Clone(owners[k+v]), false
			continue
		}
		users = slices.DeleteFunc(users, func(u string) bool { return !slices.Contains(owners[k+v], u) })
	}
	return len(users) > 0
}
