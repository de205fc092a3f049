package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
)

// Input is where a configuration is read from.
type Input struct {
	// File is the path of the YAML file; "" for none.
	File string
	// Environ are variables as "NAME=value", as os.Environ gives them. Those that
	// do not begin with MUSTER_ are not looked at.
	Environ []string
	// Set are flags, in order.
	Set []Setting
	// WithoutSecrets leaves the files of secrets unread, for commands that need
	// none.
	WithoutSecrets bool
}

// Setting is one value given by a flag.
type Setting struct {
	Flag  string // as the user typed it, for messages: "--stages"
	Key   string
	Value string
}

// Load reads a configuration, secrets included, without judging it: call
// Validate, or a part of it. All mistakes of form are returned at once, joined,
// each a *[Problem] or *[UnknownKey]. The Config is returned beside them, as far
// as it could be read, so that a caller can tell all mistakes there are.
func Load(in Input) (*Config, error) {
	c := Defaults()
	c.origins = origins{}
	var list []error
	if in.File != "" {
		list = append(list, c.readFile(in.File)...)
	}
	l := layer{config: c, settable: map[string]reflect.Value{}}
	settable("", reflect.ValueOf(c).Elem(), l.settable)
	l.environ(in.Environ)
	for _, s := range in.Set {
		l.flag(s)
	}
	list = append(list, l.list...)
	if !in.WithoutSecrets {
		list = append(list, c.readSecrets()...)
	}
	return c, errors.Join(list...)
}

func (c *Config) readFile(path string) []error {
	text, err := os.ReadFile(path)
	if err != nil {
		return []error{&Unreadable{fmt.Errorf("read configuration: %w; name the file with --config", err)}}
	}
	return c.readText(path, text)
}

// readText reads what the file called name holds.
func (c *Config) readText(name string, text []byte) []error {
	d := document{name: name, origins: c.origins, anchors: nodes{}}
	d.read(text, "", reflect.ValueOf(c).Elem())
	return d.list
}

// Unreadable says that nothing of the file could be used: it is missing, or it
// is no YAML. What else would be said of the configuration then misleads.
type Unreadable struct{ err error }

func (e *Unreadable) Error() string { return e.err.Error() }

// Unwrap is the cause.
func (e *Unreadable) Unwrap() error { return e.err }
