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
