package config

import (
	"fmt"
	"slices"
	"strings"
)

// UnknownKey is a key that nothing reads: a misspelling would otherwise leave a
// default in place without a word.
type UnknownKey struct {
	Where   string
	Key     string
	Nearest string // the right key it is most like, "" if none is
	Legal   []string
}

func (e *UnknownKey) Error() string {
	if e.Nearest != "" {
		return fmt.Sprintf("%s: %s: unknown key; did you mean %s?", e.Where, inLine(e.Key), e.Nearest)
	}
	return fmt.Sprintf("%s: %s: unknown key; want one of %s", e.Where, inLine(e.Key), strings.Join(e.Legal, ", "))
}

// unknown looks for the nearest key among its siblings first, then, for a key
// that stands in the wrong section, among all keys.
func unknown(where, path, name string, siblings []string) *UnknownKey {
	e := &UnknownKey{Where: where, Key: join(path, name), Legal: slices.Sorted(slices.Values(siblings))}
	if n := Nearest(name, siblings); n != "" {
		e.Nearest = join(path, n)
		return e
	}
	var all []string
	for _, k := range Keys() {
		all = append(all, k.Name)
		if strings.HasSuffix(k.Name, "."+name) && e.Nearest == "" {
			e.Nearest = k.Name
		}
	}
	if e.Nearest == "" {
		e.Nearest = Nearest(e.Key, all)
	}
	return e
}
