package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Story tells what was said of a user, oldest first, for the text of a failed
// test.
func (t *Truth) Story(user string) string {
	facts := slices.SortedFunc(slices.Values(t.facts[user]), func(a, b Fact) int { return cmp.Compare(a.At, b.At) })
	var b strings.Builder
	for _, f := range facts {
		fmt.Fprintf(&b, "\t%s", time.UnixMilli(f.At).UTC().Format("15:04:05.000"))
		if f.Erase {
			b.WriteString(" erased")
		}
		for audience, in := range f.In {
			fmt.Fprintf(&b, " %s=%t", audience, in)
		}
		for key, value := range f.Single {
			fmt.Fprintf(&b, " %s=%.8s", key, value)
		}
		for _, s := range f.Said {
			fmt.Fprintf(&b, " %s/%s%s(replace=%t)=%.8s", s.Key, s.Place, s.Platform, s.Replace, s.Values)
		}
		if len(f.NoTrack) > 0 {
			fmt.Fprintf(&b, " tracking off %v", f.NoTrack)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Named finds the users that a text, such as a line of [Compare], speaks of: by
// name, or by an identifier that was ever said of them.
func (t *Truth) Named(text string) []string {
	var users []string
	for user, facts := range t.facts {
		if strings.Contains(text, user) || slices.ContainsFunc(facts, func(f Fact) bool { return f.namedIn(text) }) {
			users = append(users, user)
		}
	}
	slices.Sort(users)
	return users
}

func (f Fact) namedIn(text string) bool {
	return slices.ContainsFunc(f.Said, func(s Said) bool {
		return slices.ContainsFunc(s.Values, func(v string) bool { return strings.Contains(text, v) })
	})
}
