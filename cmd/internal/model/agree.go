package model

import (
	"fmt"
	"maps"
	"slices"
)

// Agree says where two plays of one stream have left audiences with different
// lines, at most limit lines of text; none means that they agree. What the stream
// says does not matter to it, so it does not share the mistakes of [Truth], but
// for one question: of two users whose strong keys are all equal the weak keys
// may be of either, by who was sent last.
//
// A line that only one of the two holds has been superseded there, which depends
// on what was sent in between: it is no difference if each of its strong values
// stands in a line that both hold. An audience that nobody was in long enough to
// be sent may never have been made; that is as good as empty.
func (t *Truth) Agree(one, other map[string][]Row, limit int) []string {
	var diffs []string
	wanted := t.Members()
	all := maps.Clone(one)
	maps.Copy(all, other)
	for _, audience := range slices.Sorted(maps.Keys(all)) {
		diffs = append(diffs, agreeOne(audience, one[audience], other[audience], sharers(wanted[audience]))...)
		if len(diffs) > limit {
			return append(diffs[:limit], "…")
		}
	}
	return diffs
}

// sharers counts the users of each identity.
func sharers(wanted map[string][]Row) map[string]int {
	users := make(map[string]int)
	for _, rows := range wanted {
		for _, r := range rows {
			users[r.identity()]++
		}
	}
	return users
}

func agreeOne(audience string, one, other []Row, users map[string]int) []string {
	// spelled gives the lines by all that has to be equal of them.
	spelled := func(rows []Row) map[string]Row {
		lines := make(map[string]Row, len(rows))
		for _, r := range rows {
			text := r.String()
			if users[r.identity()] > 1 {
				text = r.identity()
			}
			lines[text] = r
		}
		return lines
	}
	ones, others := spelled(one), spelled(other)
	both := make(map[string]bool) // strong values in lines that both hold
	for text, r := range ones {
		if _, ok := others[text]; ok {
			for _, k := range strong {
				both[k+r[k]] = true
			}
		}
	}
	superseded := func(r Row) bool {
		return users[r.identity()] == 0 && !slices.ContainsFunc(strong, func(k string) bool { return r[k] != "" && !both[k+r[k]] })
	}
	only := func(who string, lines, notIn map[string]Row) (diffs []string) {
		for _, text := range slices.Sorted(maps.Keys(lines)) {
			if _, ok := notIn[text]; !ok && !superseded(lines[text]) {
				diffs = append(diffs, fmt.Sprintf("%s: only %s holds %v", audience, who, lines[text]))
			}
		}
		return diffs
	}
	return append(only("one", ones, others), only("the other", others, ones)...)
}
