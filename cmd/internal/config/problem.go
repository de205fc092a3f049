package config

import (
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Problem is one mistake in the configuration.
type Problem struct {
	Where  string // "muster.yaml:12:9", "MUSTER_WINDOW", "--set window"; "" for a default or nothing given
	Key    string
	Value  string // as given, "" if nothing was; never a secret
	Want   string // what is legal
	Remedy string // what to do; "" when Want says it
}

// Error is one line: where, key, value, legal range, remedy.
func (e *Problem) Error() string {
	var b strings.Builder
	if e.Where != "" {
		b.WriteString(e.Where + ": ")
	}
	b.WriteString(inLine(e.Key))
	if e.Value == "" {
		b.WriteString(": not set")
	} else {
		b.WriteString(": " + strconv.Quote(clip(e.Value)))
	}
	b.WriteString(": want " + e.Want)
	if e.Remedy != "" {
		b.WriteString("; " + e.Remedy)
	}
	return b.String()
}

// inLine is a key as it stands in a line: in quotes where it holds what would
// end the line or cannot be seen.
func inLine(key string) string {
	if utf8.ValidString(key) && !strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return clip(key)
	}
	return strconv.Quote(clip(key))
}

// clip keeps a line readable when a whole file was pasted as a value.
func clip(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	for cut := most; cut > most-utf8.UTFMax; cut-- {
		if utf8.RuneStart(s[cut]) {
			return s[:cut] + "…"
		}
	}
	return s[:most] + "…" // no text
}

// origins tells for a key's path where its value was given.
type origins map[string]string

// of is the origin of path, or of the nearest key that holds it.
func (o origins) of(path string) string {
	for path != "" {
		if where, ok := o[path]; ok {
			return where
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return ""
}

// problems collects mistakes.
type problems struct {
	origins origins
	list    []error
}

func (p *problems) add(key string, value any, want, remedy string) {
	p.list = append(p.list, &Problem{Where: p.origins.of(key), Key: key, Value: fmt.Sprint(value), Want: want, Remedy: remedy})
}

func (p *problems) number(key string, n, least, most int) {
	if n < least || n > most {
		p.add(key, n, fmt.Sprintf("%d to %d", least, most), "")
	}
}

func (p *problems) duration(key string, d, least, most time.Duration) {
	if d < least || d > most {
		p.add(key, d, fmt.Sprintf("%s to %s", short(least), short(most)), "")
	}
}

func (p *problems) oneOf(key, value string, legal ...string) {
	if slices.Contains(legal, value) {
		return
	}
	named := slices.DeleteFunc(slices.Clone(legal), func(s string) bool { return s == "" })
	p.add(key, value, "one of "+strings.Join(named, ", "), suggest(value, named))
}

func (p *problems) audienceKey(path, key string) {
	if key == "" || len(key) > 1024 || strings.ContainsRune(key, 0) {
		p.add(path, key, "an audience key of 1 to 1024 bytes without NUL", "use the key that the events name (computation_key)")
	}
}

// readable opens the file, so that a missing one is told before anything runs.
func (p *problems) readable(key, path string) {
	if path == "" {
		return
	}
	f, err := os.Open(path)
	if err != nil {
		p.add(key, path, "a file that can be read ("+cause(err)+")", "put the file there, readable for this user, or correct the path")
		return
	}
	_ = f.Close() // nothing was written
}

// cause is the last part of a file error: the path is said already.
func cause(err error) string {
	text := err.Error()
	return text[strings.LastIndex(text, ": ")+len(": "):]
}

// short writes a duration without its zero parts: 168h, not 168h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (p *problems) patterns(key string, list []string) {
	for i, pattern := range list {
		if _, err := path.Match(pattern, ""); err != nil {
			p.add(index(key, i), pattern, "a pattern of audience keys, such as vip_*", "close its brackets, or put \\ before what stands for itself")
		}
	}
}
