package schema

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what was decoded into testdata/shapes")

// TestShapes runs the scripts of testdata/shapes: blocks of a command, its
// input, "----" and the expected outcome, which tells identifiers by their text
// before hashing once the hash was found to be theirs.
//
//	decode [key=u123] [topic=…] [with=…] [time=…]
//	{"type": …}
//	----
//	identify u123 2026-11-20T10:00:00Z
//	  EMAIL trait = jane@example.com
//
// Input "@name" stands for an entry of testdata/event_shapes.json, "@name[1]"
// for one event of an entry that has several, "null" for a record without value.
func TestShapes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/shapes/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			runScript(t, file)
		})
	}
}

func runScript(t *testing.T, file string) {
	blocks := readScript(t, file)
	var out strings.Builder
	for i := range blocks {
		b := &blocks[i]
		got := b.run(t)
		fmt.Fprintf(&out, "%s%s\n%s\n----\n%s\n", b.comment, b.command, b.input, got)
		if diff := cmp.Diff(b.want, got); diff != "" && !*update {
			t.Errorf("%s:%d: %s (-want +got)\n%s", file, b.line, b.command, diff)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// block is one step of a script.
type block struct {
	line                 int
	comment, command     string
	input, want          string
	key, topic, recorded string
	with                 map[string]bool
}

func readScript(t *testing.T, file string) (blocks []block) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	for i := 0; i < len(lines); {
		b := block{}
		for i < len(lines) && (lines[i] == "" || strings.HasPrefix(lines[i], "#")) {
			b.comment += lines[i] + "\n"
			i++
		}
		if i == len(lines) {
			break
		}
		b.line, b.command = i+1, lines[i]
		b.parse(t)
		i++
		start := i
		for i < len(lines) && lines[i] != "----" {
			i++
		}
		b.input = strings.Join(lines[start:i], "\n")
		i++
		start = min(i, len(lines))
		for i < len(lines) && lines[i] != "" {
			i++
		}
		if start < i {
			b.want = strings.Join(lines[start:i], "\n") + "\n"
		}
		blocks = append(blocks, b)
		i++
	}
	return blocks
}

func (b *block) parse(t *testing.T) {
	b.with = map[string]bool{}
	words := strings.Fields(b.command)
	if words[0] != "decode" {
		t.Fatalf("line %d: unknown command %q", b.line, words[0])
	}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "key":
			b.key = value
		case "topic":
			b.topic = value
		case "time":
			b.recorded = value
		case "with":
			for _, o := range strings.Split(value, ",") {
				b.with[o] = true
			}
		default:
			t.Fatalf("line %d: unknown argument %q", b.line, name)
		}
	}
}

// run decodes the input twice, with a Decoder of its own and one that is
// watched, which must agree, and renders the outcome.
func (b *block) run(t *testing.T) string {
	r := SourceRecord{Topic: b.topic, Partition: 3, Offset: 42, Value: b.value(t)}
	if b.key != "" {
		r.Key = []byte(b.key)
	}
	if b.recorded == "" {
		b.recorded = "2026-11-24T00:00:00Z"
	}
	if b.recorded != "none" {
		var err error
		if r.Time, err = time.Parse(time.RFC3339, b.recorded); err != nil {
			t.Fatalf("line %d: %v", b.line, err)
		}
	}
	plain, watched := b.decoder(t), b.decoder(t)
	watched.watch = &watch{}
	got, seen := plain.Decode(r), watched.Decode(r)
	if diff := cmp.Diff(got, seen); diff != "" {
		t.Errorf("line %d: being watched changes what is decoded:\n%s", b.line, diff)
	}
	return render(plain, &got, watched.watch)
}

func (b *block) value(t *testing.T) []byte {
	switch {
	case b.input == "null":
		return nil
	case strings.HasPrefix(b.input, "@"):
		name, index, _ := strings.Cut(strings.TrimSuffix(b.input[1:], "]"), "[")
		entry := exampleEvents(t)[name]
		n := 0
		fmt.Sscanf(index, "%d", &n) // stays 0 where there is none
		if n >= len(entry) {
			t.Fatalf("line %d: no example %s", b.line, b.input)
		}
		return entry[n]
	default:
		return []byte(b.input)
	}
}

// exampleEvents returns the events of testdata/event_shapes.json by entry.
func exampleEvents(t testing.TB) map[string][]json.RawMessage {
	data, err := os.ReadFile("testdata/event_shapes.json")
	if err != nil {
		t.Fatal(err)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(data, &entries); err != nil {
		t.Fatal(err)
	}
	delete(entries, "_note")
	events := map[string][]json.RawMessage{}
	for name, entry := range entries {
		var e struct {
			Event  json.RawMessage
			Events []json.RawMessage
		}
		if err := json.Unmarshal(entry, &e); err != nil {
			t.Fatal(err)
		}
		if e.Event != nil {
			e.Events = append(e.Events, e.Event)
		}
		events[name] = e.Events
	}
	return events
}

func (b *block) decoder(t *testing.T) *Decoder {
	normaliser, err := NewNormaliser(NormaliserOptions{DefaultCountry: "us"})
	if err != nil {
		t.Fatal(err)
	}
	opts := DecoderOptions{
		UserKeySecret: []byte("secret"),
		Normaliser:    normaliser,
		Partitions:    8,
		Sources: map[string]SourceOptions{
			"warehouse": {Audience: "vip"},
			"compacted": {TombstoneErases: true},
		},
	}
	for o := range b.with {
		switch o {
		case "external-audiences":
			opts.ExternalAudiences = true
		case "extern":
			opts.ExternID = true
		case "anonymous-ignored":
			opts.Anonymous = AnonymousIgnore
		case "one-partition":
			opts.Partitions = 1
		case "consent":
			opts.ConsentCategories = []string{"marketing", "ads"}
		case "two-values":
			opts.MaxValues = 2
		case "small":
			opts.MaxEventBytes = 32
		case "renamed":
			opts.EnteredEvents, opts.ExitedEvents = []string{"Joined"}, []string{"Left"}
		case "extra":
			opts.ExtraTraits = map[Key][]string{
				Email: {"work.email"}, FN: {"vorname"},
			}
			opts.ValueTraits = []string{"LOOKALIKE_VALUE", "lifetime_value", "shop.margin"}
		default:
			t.Fatalf("line %d: unknown option %q", b.line, o)
		}
	}
	d, err := NewDecoder(opts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestExamplesCovered holds that the scripts decode every example event.
func TestExamplesCovered(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("testdata/shapes/examples.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, events := range exampleEvents(t) {
		for i := range events {
			input := "\n@" + name + "\n"
			if len(events) > 1 {
				input = fmt.Sprintf("\n@%s[%d]\n", name, i)
			}
			if !strings.Contains(string(script), input) {
				t.Errorf("examples.txt does not decode %s", strings.TrimSpace(input))
			}
		}
	}
}

// TestReasonsCovered holds that the scripts meet every reason of both closed
// lists that decoding can give.
func TestReasonsCovered(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/shapes/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	var want []string
	for _, r := range []DeadLetterReason{NotJSON, TooLarge, NotAnEvent, NoUser, UserNotKey, NoAudience, BadMembership, BadBatch, BadRecord, NotKeyed} {
		want = append(want, fmt.Sprintf("\ndead letter %s: ", r))
	}
	for _, r := range []DropReason{
		DropEmpty, DropInvalid, DropOutOfRange, DropUnknownValue, DropWrongHash, DropHashOfEmpty,
		DropNotHashable, DropTrackingOff, DropZeroID, DropOverCap, DropUnsupportedKey,
	} {
		want = append(want, fmt.Sprintf(": %s\n", r))
	}
	for _, w := range want {
		if !bytes.Contains(all, []byte(w)) {
			t.Errorf("no script ends in %q", w)
		}
	}
}
