package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"muster/cmd/internal/config"
	"muster/uploader/facebook"
)

const repository = "../.."

// doc is one page of docs.
type doc struct{ path, text string }

func readDocs(t *testing.T) []doc {
	t.Helper()
	paths, err := filepath.Glob(repository + "/docs/*.md")
	if err != nil || len(paths) == 0 {
		t.Fatalf("find pages: %v, %d found", err, len(paths))
	}
	var docs []doc
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, doc{filepath.Base(path), string(text)})
	}
	return docs
}

var (
	fence = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")
	code  = regexp.MustCompile("(?s)`([^`]+)`")
)

// block is one fenced block of a page.
type block struct{ info, text string }

func (d doc) blocks() []block {
	var blocks []block
	for _, m := range fence.FindAllStringSubmatch(d.text, -1) {
		blocks = append(blocks, block{m[1], m[2]})
	}
	return blocks
}

// codes are the texts in backticks outside of blocks, line breaks as blanks.
func (d doc) codes() []string {
	var codes []string
	for _, m := range code.FindAllStringSubmatch(fence.ReplaceAllString(d.text, ""), -1) {
		codes = append(codes, strings.Join(strings.Fields(m[1]), " "))
	}
	return codes
}

// TestDocsCommands: every command line in the pages is one of muster's, with flags
// that it has; those in blocks have the arguments that it wants, too.
func TestDocsCommands(t *testing.T) {
	t.Parallel()
	lines := 0
	check := func(page, line string, whole bool) {
		lines++
		if err := parses(line, whole); err != nil {
			t.Errorf("%s: %s: %v", page, line, err)
		}
	}
	for _, d := range readDocs(t) {
		for _, c := range d.codes() {
			if strings.HasPrefix(c, "muster ") {
				check(d.path, c, false)
			}
		}
		for _, b := range d.blocks() {
			if b.info != "sh" {
				continue
			}
			for line := range strings.Lines(b.text) {
				line, _, _ = strings.Cut(line, "  #")
				for part := range strings.SplitSeq(line, "|") {
					if part = strings.TrimSpace(part); strings.HasPrefix(part, "muster ") {
						check(d.path, part, true)
					}
				}
			}
		}
	}
	if lines < 20 {
		t.Errorf("found %d command lines, want more", lines)
	}
	for _, wrong := range []string{"muster audience lost vip", "muster retry --force vip", "muster retry"} {
		if parses(wrong, true) == nil {
			t.Errorf("%s: no complaint", wrong)
		}
	}
}

// parses reports whether a line is a command line; whole: its arguments count.
func parses(line string, whole bool) error {
	line, _, _ = strings.Cut(line, " < ")
	words := strings.Fields(line)[1:]
	cmd, rest, err := newRoot(nil).Find(words)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	args := cmd.Flags().Args()
	if cmd.HasSubCommands() && len(args) > 0 {
		return fmt.Errorf("%s has no command %s", cmd.CommandPath(), args[0])
	}
	if !whole {
		return nil
	}
	return cmd.ValidateArgs(args)
}

// TestDocsNames: every name in backticks is one that the code has: keys of the
// configuration, metrics and topics exactly, of other dotted names each part.
func TestDocsNames(t *testing.T) {
	t.Parallel()
	words := words(t)
	keys, tops := map[string]bool{}, map[string]bool{}
	for _, k := range config.Keys() {
		name := strings.ReplaceAll(k.Name, "[]", "")
		for i, r := range name + "." {
			if r == '.' {
				keys[name[:i]] = true
			}
		}
		top, _, _ := strings.Cut(name, ".")
		tops[top] = true
	}
	topics := map[string]bool{}
	for _, topic := range config.Defaults().OwnTopics() {
		topics[topic] = true
	}
	topics["muster.events"] = words["events"]
	// Metrics and their labels as Prometheus shows them; worker.TestMetricsPage holds
	// the rows of their tables, units and those of the conventions included.
	shown, unit := map[string]bool{}, regexp.MustCompile(`_(total|seconds|bytes|percent)$`)
	for w := range words {
		if strings.HasPrefix(w, "muster.") {
			shown[strings.ReplaceAll(w, ".", "_")] = true
		}
	}
	metricRow := regexp.MustCompile("(?m)^\\| `(muster|http)_.*$")
	name := regexp.MustCompile(`^[a-z][a-zA-Z0-9_-]*(\[\])?(\.(<key>|[a-zA-Z0-9_-]+))*$`)
	known := func(c string) bool {
		c = strings.ReplaceAll(c, "[]", "")
		top, _, dotted := strings.Cut(c, ".")
		switch {
		case shown[c] || shown[unit.ReplaceAllString(c, "")]:
			return true
		case top == "muster" && dotted:
			return words[c] || topics[c]
		case tops[top]:
			return keys[c] || !dotted && words[c]
		}
		for part := range strings.SplitSeq(c, ".") {
			if !words[part] {
				return false
			}
		}
		return true
	}
	found := 0
	for _, d := range readDocs(t) {
		if d.path == "configuration.md" { // TestConfigurationPage
			continue
		}
		d.text = metricRow.ReplaceAllString(d.text, "")
		for _, c := range d.codes() {
			c, _, _ = strings.Cut(c, ": ") // window: 15m
			if !name.MatchString(c) {
				continue
			}
			if found++; !known(c) {
				t.Errorf("%s: `%s` is no key, metric, topic or name in the code", d.path, c)
			}
		}
	}
	if found < 100 {
		t.Errorf("found %d names, want more", found)
	}
	for _, wrong := range []string{"facebook.acount", "windows_size", "muster.uploader.nonsense", "muster.nonsense", "muster_nonsense_total", "erase.reach"} {
		if known(wrong) {
			t.Errorf("%s counts as known", wrong)
		}
	}
}

// sources parses the code, without tests and what is generated.
func sources(t *testing.T, dir string) []*ast.File {
	t.Helper()
	var files []*ast.File
	err := filepath.WalkDir(filepath.Join(repository, dir), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") ||
			strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".pb.go") || strings.Contains(path, "graphtest") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// words are the words in all strings and field tags of the code.
func words(t *testing.T) map[string]bool {
	t.Helper()
	words := map[string]bool{}
	for _, dir := range []string{"cmd/muster", "cmd/internal/config", "cmd/internal/worker", "consumer", "membership", "schema", "uploader"} {
		for _, f := range sources(t, dir) {
			ast.Inspect(f, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					text, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					for _, w := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n\",:;()[]{}=|/", r) }) {
						words[strings.Trim(w, ".")] = true
					}
				}
				return true
			})
		}
	}
	return words
}

// alone are the classes that no person is needed for and no audience waits with.
var alone = []facebook.Class{
	facebook.Unclassified, facebook.Transient, facebook.AudienceBusy, facebook.AudienceUnseen, facebook.ReplaceFailed, facebook.Withheld,
}

// others are the states with a section that are no reasons of blocks and no alarms,
// and the directory in whose code they are.
var others = map[string]string{
	"paused": "uploader", "left_out": "uploader",
	"content_unknown": "cmd/muster", "order_refused": "cmd/muster", "erasures_overdue": "cmd/muster",
	"not_keyed": "schema", "data_loss": "consumer", "unfenced": "consumer", "degraded": "cmd/internal/worker",
}

// TestDocsStates: docs/states.md has a section for each state that a person must act
// on, and for nothing else; what is shown of a state stands in its section.
func TestDocsStates(t *testing.T) {
	t.Parallel()
	var page string
	for _, d := range readDocs(t) {
		if d.path == "states.md" {
			page = d.text
		}
	}
	sections := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^## ([a-z_]+)$`).FindAllStringSubmatchIndex(page, -1) {
		rest := page[m[1]:]
		if end := regexp.MustCompile(`(?m)^##? `).FindStringIndex(rest); end != nil {
			rest = rest[:end[0]]
		}
		sections[page[m[2]:m[3]]] = strings.Join(strings.Fields(rest), " ")
	}
	titles := titles(t)
	for name, dir := range others {
		if !slices.ContainsFunc(sources(t, dir), func(f *ast.File) bool { return mentions(f, name) }) {
			t.Errorf("%s: %s does not have it any more", name, dir)
		}
		titles[name] = nil
	}
	for _, name := range slices.Sorted(maps.Keys(titles)) {
		text, ok := sections[name]
		if !ok {
			t.Errorf("%s: no section in docs/states.md", name)
			continue
		}
		for _, title := range titles[name] {
			if !strings.Contains(strings.ToLower(text), strings.ToLower(title)) {
				t.Errorf("%s: %q is shown, and not in the section", name, title)
			}
		}
		for _, part := range []string{"**Means.** ", "**Shown.** ", "**Do.** ", "**Then.** "} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: no %s", name, part)
			}
		}
	}
	for name := range sections {
		if _, ok := titles[name]; !ok {
			t.Errorf("%s: docs/states.md has a section, the code no such state", name)
		}
	}
}

func mentions(f *ast.File, word string) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		found = found || ok && lit.Kind == token.STRING && regexp.MustCompile(`\b`+word+`\b`).MatchString(lit.Value)
		return true
	})
	return found
}

// titles are the states that the code can block an audience with, and its alarms,
// with what is shown of them.
func titles(t *testing.T) map[string][]string {
	t.Helper()
	titles := map[string][]string{}
	class := map[string]string{}
	files := sources(t, "uploader/facebook")
	for name, c := range classes(t, files) {
		class[name] = c.String()
		if !slices.Contains(alone, c) {
			titles[c.String()] = nil
		}
	}
	add := func(reason, title string) {
		if !slices.Contains(titles[reason], title) && title != "" {
			titles[reason] = append(titles[reason], title)
		}
	}
	told := func(name string) bool { // throttles and low size are shown in other ways
		return !slices.Contains([]string{"Throttle", "ThrottleApp", "LowSize"}, name)
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if len(lit.Elts) == 7 && lit.Type == nil { // of rules
				if id, ok := lit.Elts[2].(*ast.Ident); ok && class[id.Name] != "" && told(id.Name) {
					if _, needed := titles[class[id.Name]]; needed {
						add(class[id.Name], str(lit.Elts[5]))
					}
				}
			}
			if id, ok := field(lit, "Class").(*ast.Ident); ok && told(id.Name) {
				if _, needed := titles[class[id.Name]]; needed {
					add(class[id.Name], str(field(lit, "Title")))
				}
			}
			return true
		})
	}
	own := sources(t, "uploader")
	consts := map[string]string{}
	for _, f := range own {
		if f.Name.Name != "uploader" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				for i, v := range spec.Values {
					if text := str(v); text != "" {
						consts[spec.Names[i].Name] = text
						if strings.HasPrefix(spec.Names[i].Name, "alarm") {
							titles[text] = nil
						}
					}
				}
			}
			return true
		})
	}
	blocks := 0
	for _, f := range own {
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if s, ok := lit.Type.(*ast.SelectorExpr); !ok || s.Sel.Name != "Block" {
				return true
			}
			blocks++
			for _, name := range []string{"Reason", "Title", "Remedy", "SinceMs"} {
				if field(lit, name) == nil {
					t.Errorf("uploader: a block without %s: it must say what is wrong and what to do about it", name)
				}
			}
			switch reason := field(lit, "Reason").(type) {
			case *ast.BasicLit:
				add(str(reason), str(field(lit, "Title")))
				if _, ok := titles[str(reason)]; !ok {
					titles[str(reason)] = nil
				}
			case *ast.Ident:
				if consts[reason.Name] == "" {
					t.Errorf("uploader: a block's reason is %s, which is no constant: teach this test", reason.Name)
				}
				add(consts[reason.Name], str(field(lit, "Title")))
				if _, ok := titles[consts[reason.Name]]; !ok {
					titles[consts[reason.Name]] = nil
				}
			case *ast.CallExpr: // of a class
				if s, ok := reason.Fun.(*ast.SelectorExpr); ok {
					if c, ok := s.X.(*ast.SelectorExpr); ok {
						add(class[c.Sel.Name], str(field(lit, "Title")))
					}
				}
			default:
				t.Errorf("uploader: a block without a reason that this test can read")
			}
			return true
		})
	}
	if blocks < 10 || len(titles) < 25 || len(titles["reauth"]) < 5 {
		t.Fatalf("read %d blocks, %d states, of reauth %q: want more", blocks, len(titles), titles["reauth"])
	}
	return titles
}

// classes are the constants of facebook.Class, by name. They stand in one list, in
// their order, as facebook.Classes does.
func classes(t *testing.T, files []*ast.File) map[string]facebook.Class {
	t.Helper()
	classes := map[string]facebook.Class{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			decl, ok := n.(*ast.GenDecl)
			if !ok || decl.Tok != token.CONST || len(decl.Specs) < 10 {
				return true
			}
			if first, ok := decl.Specs[0].(*ast.ValueSpec); ok && first.Names[0].Name == "Unclassified" {
				for i, spec := range decl.Specs {
					classes[spec.(*ast.ValueSpec).Names[0].Name] = facebook.Class(i)
				}
			}
			return true
		})
	}
	if len(classes) != len(facebook.Classes) {
		t.Fatalf("read %d classes, there are %d", len(classes), len(facebook.Classes))
	}
	return classes
}

// field is the value of a field of a literal, nil if it has none.
func field(lit *ast.CompositeLit, name string) ast.Expr {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok && id.Name == name {
				return kv.Value
			}
		}
	}
	return nil
}

// str is a string literal's text; of others it is "".
func str(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(lit.Value) // the parser has seen it
	return text
}

// TestDocsExamples: configurations are ones that the worker would start with; what
// muster explain says of the events stands behind them; and the requests hold
// nothing else than that.
func TestDocsExamples(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte(strings.Repeat("s", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	examples := 0
	for _, d := range readDocs(t) {
		var file, events, values string
		for i, b := range d.blocks() {
			switch b.info {
			case "yaml":
				file = filepath.Join(dir, fmt.Sprintf("%s-%d.yaml", d.path, i))
				text := regexp.MustCompile(`/etc/muster/\S+`).ReplaceAllString(b.text, secret)
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				c, err := config.Load(config.Input{File: file})
				if err == nil {
					err = c.Validate()
				}
				if err != nil {
					t.Errorf("%s: configuration: %v\n%s", d.path, err, b.text)
				}
			case "jsonl event":
				events = b.text
			case "jsonl explained":
				examples++
				args := []string{"explain"}
				if file != "" {
					args = append(args, "--config", file)
				}
				got := do(t.Context(), events, nil, args...)
				if got.err != nil || got.stdout != b.text {
					t.Errorf("%s: %v: muster explain says\n%s\nand the page\n%s", d.path, got.err, got.stdout, b.text)
				}
				values = got.stdout
			case "json request":
				var body struct {
					Payload struct {
						Schema []string `json:"schema"`
						Data   [][]any  `json:"data"`
					} `json:"payload"`
				}
				if err := json.Unmarshal([]byte(b.text), &body); err != nil {
					t.Fatalf("%s: %v", d.path, err)
				}
				for _, row := range body.Payload.Data {
					if len(row) != len(body.Payload.Schema) {
						t.Errorf("%s: a row of %d values under %q", d.path, len(row), body.Payload.Schema)
					}
					for _, v := range row {
						if !strings.Contains(values, `"`+fmt.Sprint(v)+`"`) {
							t.Errorf("%s: the request has %v, the events do not", d.path, v)
						}
					}
				}
			}
		}
	}
	if examples < 3 {
		t.Errorf("found %d examples, want 3 or more", examples)
	}
}

// TestDocsLinks: relative links lead to files and headings that are there.
func TestDocsLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#]*)(?:#([^)]*))?\)`)
	for _, d := range readDocs(t) {
		for _, m := range link.FindAllStringSubmatch(d.text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			text := []byte(d.text)
			if m[1] != "" {
				var err error
				if text, err = os.ReadFile(filepath.Join(repository, "docs", m[1])); err != nil {
					t.Errorf("%s: %v", d.path, err)
					continue
				}
			}
			if m[2] != "" && !slices.Contains(anchors(text), m[2]) {
				t.Errorf("%s: %s has no heading for #%s", d.path, m[1], m[2])
			}
		}
	}
}

// anchors are the headings as GitHub links them.
func anchors(text []byte) []string {
	var list []string
	for line := range bytes.Lines(text) {
		if heading, ok := strings.CutPrefix(strings.TrimLeft(string(line), "#"), " "); ok && line[0] == '#' {
			heading = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), "")
			list = append(list, strings.ReplaceAll(heading, " ", "-"))
		}
	}
	return list
}

// TestDocsClassesStandInOrder keeps classes, above, honest.
func TestDocsClassesStandInOrder(t *testing.T) {
	t.Parallel()
	var got []facebook.Class
	for _, c := range classes(t, sources(t, "uploader/facebook")) {
		got = append(got, c)
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(facebook.Classes))
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
