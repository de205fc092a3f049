package config

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

type nodes map[string]ast.Node

// document fills a Config from one YAML text. It walks the syntax tree itself,
// because a decoder stops at the first mistake and forgets where the values
// stood.
type document struct {
	name    string // of the file; nodes are then named with line and column
	origin  string // instead of name, for a YAML value inside a variable or flag
	origins origins
	anchors nodes
	list    []error
}

func (d *document) read(text []byte, path string, v reflect.Value) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		d.list = append(d.list, d.syntax(err, path))
		return
	}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			d.fill(path, v, doc.Body)
		}
	}
}

// syntax makes one line of the parser's many.
func (d *document) syntax(err error, path string) error {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return &Unreadable{fmt.Errorf("%s: read YAML: %w", d.label(), err)}
	}
	where := d.label()
	if d.origin == "" {
		position := at.GetToken().Position
		where = fmt.Sprintf("%s:%d:%d", d.name, position.Line, position.Column)
	}
	if path != "" {
		where += ": " + path
	}
	return &Unreadable{fmt.Errorf("%s: not YAML: %s", where, at.GetMessage())}
}

func (d *document) label() string {
	if d.origin != "" {
		return d.origin
	}
	return d.name
}

func (d *document) where(n ast.Node) string {
	switch m := n.(type) {
	case *ast.MappingValueNode:
		n = m.Key // its own token is the colon
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			n = m.Values[0].Key
		}
	}
	t := n.GetToken()
	if d.origin != "" || t == nil {
		return d.label()
	}
	return fmt.Sprintf("%s:%d:%d", d.name, t.Position.Line, t.Position.Column)
}

func (d *document) problem(n ast.Node, key, value, want, remedy string) {
	d.list = append(d.list, &Problem{Where: d.where(n), Key: key, Value: value, Want: want, Remedy: remedy})
}

// fill sets v, whose key is path, from n. A key without a value leaves v alone.
func (d *document) fill(path string, v reflect.Value, n ast.Node) {
	n = d.resolve(path, n)
	if n == nil || n.Type() == ast.NullType {
		return
	}
	if path != "" {
		d.origins[path] = d.where(n)
	}
	if text, ok := scalar(n); ok {
		d.text(path, v, n, text)
		return
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		d.mapping(path, v, n, n.MapRange())
	case *ast.MappingValueNode:
		d.mapping(path, v, n, n.MapRange())
	case *ast.SequenceNode:
		d.sequence(path, v, n)
	default:
		d.problem(n, path, n.Type().String(), form(v.Type()), "")
	}
}

// resolve goes through anchors, aliases and tags of what stands under path. An
// alias without an anchor is a problem, and nil.
func (d *document) resolve(path string, n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.AnchorNode:
		// What an anchor stands for is known after its value, which may be an
		// alias: kept so, nothing leads back to it.
		name := n.Name.GetToken().Value
		delete(d.anchors, name)
		value := d.resolve(path, n.Value)
		d.anchors[name] = value
		return value
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		anchor, ok := d.anchors[name]
		if !ok {
			d.problem(n, cmp.Or(path, "configuration"), "*"+name, "an alias of an anchor above it", "write &"+inLine(name)+" before the value it stands for, or put text with a star in quotes")
			return nil
		}
		return anchor
	case *ast.TagNode:
		return d.resolve(path, n.Value)
	default:
		return n
	}
}

func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true // as written: ids keep their digits
	default:
		return "", false
	}
}

func (d *document) text(path string, v reflect.Value, n ast.Node, text string) {
	if path == "" || !isLeaf(v.Type()) {
		d.problem(n, cmp.Or(path, "configuration"), text, form(v.Type()), "")
		return
	}
	if want := setText(v, text); want != "" {
		d.problem(n, path, text, want, "")
	}
}

func (d *document) mapping(path string, v reflect.Value, n ast.Node, entries *ast.MapNodeIter) {
	if k := v.Kind(); k != reflect.Struct && k != reflect.Map {
		d.problem(n, path, "a mapping", form(v.Type()), "put a value that holds a colon in quotes")
		return
	}
	for entries.Next() {
		key := d.resolve(path, entries.Key())
		if key == nil {
			continue
		}
		name, ok := scalar(key)
		if !ok {
			d.problem(key, path, key.String(), "plain keys", "write what is merged or computed out in full")
			continue
		}
		if v.Kind() == reflect.Map {
			d.element(join(path, name), name, v, entries.Value())
			continue
		}
		field, legal := fieldOf(v, name)
		if !field.IsValid() {
			d.list = append(d.list, unknown(d.where(key), path, name, legal))
			continue
		}
		d.fill(join(path, name), field, entries.Value())
	}
}

// element puts one entry into a map, whose values cannot be set in place.
func (d *document) element(path, name string, m reflect.Value, n ast.Node) {
	if m.IsNil() {
		m.Set(reflect.MakeMap(m.Type()))
	}
	value := reflect.New(m.Type().Elem()).Elem()
	d.fill(path, value, n)
	if _, ok := d.origins[path]; !ok {
		d.origins[path] = d.where(n)
	}
	m.SetMapIndex(reflect.ValueOf(name), value)
}

func (d *document) sequence(path string, v reflect.Value, n *ast.SequenceNode) {
	if v.Kind() != reflect.Slice {
		d.problem(n, path, "a list", form(v.Type()), "")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Values), len(n.Values))
	for i, item := range n.Values {
		d.fill(index(path, i), list.Index(i), item)
	}
	v.Set(list)
}

// form says what a value of the type looks like.
func form(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.Struct || t.Kind() == reflect.Map:
		return "keys and values, such as {key: value}"
	case t.Kind() == reflect.Slice:
		return "a list, such as [a, b]"
	default:
		return "one value"
	}
}

func join(path, name string) string {
	return strings.TrimPrefix(path+"."+name, ".")
}
