package config

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	prettytext "github.com/jedib0t/go-pretty/v6/text"
)

// commentWidth is where comments are broken, beside their indentation.
const commentWidth = 98

// WriteCommented writes a configuration file with every key there is: those that c was
// given, defaults apart, as they are, the others as comments with their defaults. What
// it writes loads as c again, but for secrets, which are never written.
func (c *Config) WriteCommented(w io.Writer) error {
	var out commented
	out.given = c.origins
	out.text(0, `Muster's configuration: every key, its default, its meaning.
Check it with: muster config check --config FILE

Each key can also be given as an environment variable (kafka.brokers is MUSTER_KAFKA_BROKERS) or as a flag (--set kafka.brokers=a:9092,b:9092). Flags win over the environment, the environment over this file.`)
	out.fields(0, "", reflect.ValueOf(c).Elem())
	if out.err != nil {
		return fmt.Errorf("write configuration: %w", out.err)
	}
	_, err := out.Buffer.WriteTo(w)
	return err
}

// commented is a YAML text under way.
type commented struct {
	bytes.Buffer
	given   origins
	entries bool // writes what stands inside a comment
	err     error
}

func (o *commented) line(depth int, text string) {
	o.WriteString(strings.TrimRight(strings.Repeat("  ", depth)+text, " ") + "\n")
}

// unset writes a key that has no value of its own.
func (o *commented) unset(depth int, text string) {
	if !o.entries {
		text = "# " + text
	}
	o.line(depth, text)
}

// text writes a comment.
func (o *commented) text(depth int, text string) {
	for line := range strings.SplitSeq(prettytext.WrapSoft(text, commentWidth), "\n") {
		o.line(depth, "# "+line)
	}
}

func (o *commented) fields(depth int, path string, v reflect.Value) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name := field.Tag.Get("yaml")
		if name == "" {
			continue
		}
		o.WriteByte('\n')
		o.field(depth, join(path, name), name, v.Field(i), field.Tag.Get("doc"))
	}
}

func (o *commented) field(depth int, path, name string, v reflect.Value, doc string) {
	if doc != "" {
		o.text(depth, doc)
	}
	_, given := o.given[path]
	switch t := v.Type(); {
	case t.Kind() == reflect.Struct:
		o.line(depth, name+":")
		o.fields(depth+1, path, v)
	case t == reflect.TypeFor[Secret]():
		o.unset(depth, name+":")
	case !isLeaf(t) && t.Elem().Kind() == reflect.Struct:
		o.line(depth, name+":")
		if v.Len() > 0 {
			o.value(depth+1, v.Interface())
		}
		if t.Kind() == reflect.Map {
			o.line(depth+1, "# KEY:")
		} else {
			o.line(depth+1, "# Each may have:")
		}
		o.entry(depth+1, t)
	case given && !isLeaf(t):
		o.line(depth, name+":")
		o.value(depth+1, v.Interface())
	case given:
		o.line(depth, name+": "+o.leaf(v))
	default:
		o.unset(depth, name+": "+o.leaf(v))
	}
}

// entry writes what one entry of a list or map may have, all of it as a comment.
func (o *commented) entry(depth int, t reflect.Type) {
	inner := commented{entries: true}
	inner.fields(0, "", reflect.Zero(t.Elem()))
	for line := range strings.Lines(inner.String()) {
		o.line(depth, "#   "+strings.TrimRight(line, "\n"))
	}
}

// leaf is a value as one line of YAML.
func (o *commented) leaf(v reflect.Value) string {
	switch {
	case v.Type() == durationType || v.Kind() == reflect.Pointer:
		return text(v)
	case v.IsZero() && v.Kind() == reflect.String:
		return `""`
	case v.Kind() == reflect.Map:
		return "{}"
	case isStrings(v.Type()):
		items := make([]string, v.Len())
		for i := range items {
			items[i] = o.leaf(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	line, err := yaml.Marshal(v.Interface())
	if err != nil {
		o.err = err
	}
	return strings.TrimSpace(string(line))
}

// value writes lists and maps, without the keys that have no value.
func (o *commented) value(depth int, v any) {
	block, err := yaml.MarshalWithOptions(v, yaml.Indent(2), yaml.OmitZero())
	if err != nil {
		o.err = err
	}
	for line := range strings.Lines(string(block)) {
		o.line(depth, strings.TrimRight(line, "\n"))
	}
}
