package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// layer sets keys one by one over what is there: the environment, then flags.
type layer struct {
	config   *Config
	settable map[string]reflect.Value
	list     []error
}

// orchestrator matches variables that Kubernetes makes up for a service called
// muster or muster-something; they are nobody's mistake.
var orchestrator = regexp.MustCompile(`_SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?$|_PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$`)

// Variables that are read elsewhere.
var otherVariables = []string{EnvPrefix + "CONFIG"}

func (l *layer) environ(environ []string) {
	byEnv := map[string]string{}
	for path := range l.settable {
		byEnv[envName(path)] = path
	}
	for _, entry := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, EnvPrefix) || value == "" || slices.Contains(otherVariables, name) {
			continue
		}
		path, known := byEnv[name]
		switch {
		case known:
			l.set(name, path, value)
		case orchestrator.MatchString(name):
		default:
			legal := sorted(byEnv)
			l.list = append(l.list, &UnknownKey{Where: "environment", Key: name, Nearest: Nearest(name, legal), Legal: legal})
		}
	}
}

func (l *layer) flag(s Setting) {
	if _, ok := l.settable[s.Key]; !ok {
		legal := sorted(l.settable)
		l.list = append(l.list, &UnknownKey{Where: s.Flag, Key: s.Key, Nearest: Nearest(s.Key, legal), Legal: legal})
		return
	}
	l.set(s.Flag, s.Key, s.Value)
}

func (l *layer) set(where, path, value string) {
	v := l.settable[path]
	l.config.origins.replace(path, where)
	l.dropTwin(path)
	if isLeaf(v.Type()) {
		if want := setText(v, value); want != "" {
			l.list = append(l.list, &Problem{Where: where, Key: path, Value: value, Want: want})
		}
		return
	}
	v.SetZero() // replaces what an earlier layer listed, it does not merge
	d := document{origin: where, origins: l.config.origins, anchors: nodes{}}
	d.read([]byte(value), path, v)
	l.list = append(l.list, d.list...)
}

// dropTwin forgets what an earlier layer gave by the other of a secret's two
// keys, so that the later layer's word counts.
func (l *layer) dropTwin(path string) {
	twin, isFile := strings.CutSuffix(path, fileSuffix)
	if !isFile {
		twin = path + fileSuffix
	}
	if v, ok := l.settable[twin]; ok && l.config.origins[twin] != "" && layerOf(l.config.origins[twin]) != layerOf(l.config.origins[path]) {
		v.SetZero()
	}
}

func layerOf(origin string) string {
	switch {
	case strings.HasPrefix(origin, EnvPrefix):
		return "environment"
	case strings.HasPrefix(origin, "--"):
		return "flags"
	default:
		return "file"
	}
}

// replace notes a new origin for path and forgets those of what it held.
func (o origins) replace(path, where string) {
	for p := range o {
		if strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[") {
			delete(o, p)
		}
	}
	o[path] = where
}

// ParseSet takes the argument of --set apart.
func ParseSet(argument string) (Setting, error) {
	key, value, ok := strings.Cut(argument, "=")
	if !ok || key == "" {
		return Setting{}, fmt.Errorf("--set %q: want key=value, such as --set window=15m", key)
	}
	return Setting{Flag: "--set", Key: key, Value: value}, nil
}
