package membership

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema"
	"muster/schema/musterpb"
)

var update = flag.Bool("update", false, "write what the scripts print into them")

// TestScripts runs testdata/*.txt: blocks of a command with its input, a line
// "----" and what it printed. Commands:
//
//	options [keys=EMAIL,…] [consent=…] [value=AUDIENCE:TRAIT,…] [extern_id] [max_bytes=n] [max_values=n] [suppress] [audit] [accounts]   for the next takeover
//	takeover [wipe]         drop the owner and take over anew
//	process [replay] [topic=…] [crash=log|emit|table]   one record a line: key, seconds, JSON ("-" = none)
//	tick                    until nothing is left to do
//
// Printed are the changelog, the emissions and the dead letters. Users go by
// their ids, hashes by the first 8 digits.
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runScript(t, string(want))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("-%s +printed:\n%s", file, d)
			}
		})
	}
}

type script struct {
	t       *testing.T
	options Options
	task    *consumertest.Task
	offset  int64
	logged  int
	ids     []string
}

func runScript(t *testing.T, text string) string {
	s := &script{t: t, options: testOptions()}
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(text), "\n\n") {
		input, _, isCommand := strings.Cut(block, "\n----")
		out.WriteString(input + "\n")
		if isCommand {
			out.WriteString("----\n" + s.run(input))
		}
		out.WriteString("\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func testOptions() Options {
	return Options{
		Decoder:      schema.DecoderOptions{UserKeySecret: []byte("secret"), Sources: map[string]schema.SourceOptions{"users": {TombstoneErases: true}}},
		MembersTopic: "muster.members", MembersPartitions: 4,
	}
}

func (s *script) run(block string) string {
	var lines []string
	for _, line := range strings.Split(block, "\n") {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	words := strings.Fields(lines[0])
	args := map[string]string{}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		args[name] = value
	}
	_, replay := args["replay"]
	switch words[0] {
	case "options":
		s.setOptions(args)
		return ""
	case "takeover":
		_, wipe := args["wipe"]
		s.takeover(wipe)
	case "tick":
		for !s.task.Tick().IsZero() {
		}
	case "process":
		records := s.records(args["topic"], replay, lines[1:])
		step, crash := map[string]consumer.Step{"log": consumer.AfterLog, "emit": consumer.AfterEmit, "table": consumer.AfterTable}[args["crash"]]
		if !crash {
			s.task.Process(records...)
			break
		}
		s.task.FailAt(step)
		if err := s.task.ProcessErr(records...); err == nil {
			s.t.Fatalf("%s: no crash", lines[0])
		}
	default:
		s.t.Fatalf("unknown command %q", lines[0])
	}
	return s.print()
}

func (s *script) setOptions(args map[string]string) {
	s.options = testOptions()
	for _, name := range strings.FieldsFunc(args["keys"], func(r rune) bool { return r == ',' }) {
		k, ok := schema.ParseKey(name)
		if !ok {
			s.t.Fatalf("unknown key %q", name)
		}
		s.options.Keys |= schema.KeysOf(k)
	}
	if c := args["consent"]; c != "" {
		s.options.RequireConsent = strings.Split(c, ",")
	}
	for _, pair := range strings.FieldsFunc(args["value"], func(r rune) bool { return r == ',' }) {
		audience, trait, _ := strings.Cut(pair, ":")
		if s.options.ValueTraits == nil {
			s.options.ValueTraits = map[string]string{}
		}
		s.options.ValueTraits[audience] = trait
	}
	_, s.options.Decoder.ExternID = args["extern_id"]
	_, s.options.Suppress = args["suppress"]
	_, s.options.EraseAccounts = args["accounts"]
	if _, audit := args["audit"]; audit {
		s.options.AuditTopic, s.options.Installation = "muster.audit", "test"
	}
	if n := args["max_bytes"]; n != "" {
		fmt.Sscan(n, &s.options.MaxProfileBytes)
	}
	if n := args["max_values"]; n != "" {
		fmt.Sscan(n, &s.options.MaxValues)
	}
}

func (s *script) takeover(wipe bool) {
	if s.task == nil {
		s.task = consumertest.NewTask(s.t, consumertest.Options{Partitions: 4, New: func(info consumer.TaskInfo) (consumer.Processor, error) {
			return New(s.options)(info)
		}})
		return
	}
	if wipe {
		s.task.Wipe()
	}
	s.task.Takeover()
}

// epoch is second 0 of the scripts.
var epoch = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

func (s *script) records(topic string, replay bool, lines []string) []consumer.Record {
	if topic == "" {
		topic = "users"
	}
	var records []consumer.Record
	for _, line := range lines {
		parts := strings.SplitN(line, " ", 3)
		var seconds float64
		if len(parts) != 3 {
			s.t.Fatalf("%q: want key, seconds, JSON", line)
		}
		fmt.Sscan(parts[1], &seconds)
		r := consumer.Record{
			Topic: topic, Offset: s.offset, Replay: replay,
			Time: epoch.Add(time.Duration(seconds * float64(time.Second))),
		}
		s.offset++
		if parts[0] != "-" {
			r.Key = []byte(parts[0])
			if !slices.Contains(s.ids, parts[0]) {
				s.ids = append(s.ids, parts[0], "anon:"+parts[0])
			}
		}
		if parts[2] != "-" {
			value := parts[2]
			if i := strings.Index(value, `"traceparent:`); i >= 0 {
				header := value[i+len(`"traceparent:`):]
				r.Headers = []kafka.Header{{Key: "traceparent", Value: []byte(header[:strings.Index(header, `"`)])}, {Key: "email", Value: []byte("jane@example.com")}}
			}
			r.Value = []byte(value)
		}
		records = append(records, r)
	}
	return records
}

func (s *script) print() string {
	var out strings.Builder
	log := s.task.Changelog()
	for _, r := range log[s.logged:] {
		if bytes.HasPrefix(r.Key, []byte("\x00muster-fence")) {
			fmt.Fprintf(&out, "log %d: fence\n", r.Position)
		} else {
			fmt.Fprintf(&out, "log %d: %s\n", r.Position, s.user(schema.UserKey(r.Key)))
		}
	}
	s.logged = len(log)
	for _, e := range s.task.Emissions() {
		if e.Topic == "muster.audit" {
			fmt.Fprintf(&out, "audit %s\n", s.auditText(e.Value))
			continue
		}
		m := &musterpb.MemberRows{}
		if err := m.UnmarshalVT(e.Value); err != nil {
			s.t.Fatal(err)
		}
		if erasure, ok := schema.ParseErasureKey(e.Key); ok {
			fmt.Fprintf(&out, "emit %s/%d erasure %s %s @%d%s\n", e.Topic, e.Partition, s.user(erasure.User),
				time.UnixMilli(erasure.AtMs).UTC().Format(time.RFC3339), m.Position, memberText(m))
			continue
		}
		audience, user, err := schema.ParseMemberKey(e.Key)
		if err != nil {
			s.t.Fatal(err)
		}
		fmt.Fprintf(&out, "emit %s/%d %s %s @%d%s", e.Topic, e.Partition, audience, s.user(user), m.Position, memberText(m))
		for _, h := range e.Headers {
			fmt.Fprintf(&out, " %s=%s", h.Key, h.Value)
		}
		out.WriteString("\n")
	}
	for _, d := range s.task.DeadLetters() {
		fmt.Fprintf(&out, "dead letter %s/%d@%d: %s (%d bytes)\n", d.Topic, d.Partition, d.Offset, d.Reason, d.Size)
	}
	return out.String()
}

func (s *script) user(key schema.UserKey) string {
	keyer := schema.NewUserKeyer([]byte("secret"))
	for _, id := range s.ids {
		if keyer.Key(id) == key {
			return id
		}
	}
	return fmt.Sprintf("%x", key[:4])
}

func (s *script) auditText(value []byte) string {
	a := schema.Audit{}
	if err := json.Unmarshal(value, &a); err != nil {
		s.t.Fatal(err)
	}
	user, err := hex.DecodeString(a.User)
	if err != nil || a.At.IsZero() || a.Installation != "test" {
		s.t.Fatalf("audit %s: %v", value, err)
	}
	if a.Step != schema.AuditRequested {
		return fmt.Sprintf("%s %s", s.user(schema.UserKey(user)), a.Step)
	}
	return fmt.Sprintf("%s %s: erased at %s, %d values, %d audiences", s.user(schema.UserKey(user)), a.Step, a.ErasedAt.Format(time.RFC3339), a.Values, a.Audiences)
}

// memberText prints all of m but the version.
func memberText(m *musterpb.MemberRows) string {
	var out strings.Builder
	for _, flag := range []struct {
		set  bool
		text string
	}{{m.In, " in"}, {!m.In, " out"}, {m.Erased, " erased"}, {m.Withdrawn, " withdrawn"}, {m.In && len(m.Rows) == 0, " unmatchable"}} {
		if flag.set {
			out.WriteString(flag.text)
		}
	}
	for _, f := range []struct{ name, value string }{
		{"name", m.Name}, {"space", m.Space}, {"computation", m.Computation}, {"facebook", m.FacebookId},
	} {
		if f.value != "" {
			fmt.Fprintf(&out, " %s=%q", f.name, f.value)
		}
	}
	for _, r := range m.Rows {
		out.WriteString(" [")
		for k, sep := schema.Key(0), ""; int(k) < schema.NumKeys; k++ {
			if v := schema.Value(r, k); len(v) > 0 {
				fmt.Fprintf(&out, "%s%s=%.8s", sep, k, schema.Uploaded(k, v))
				sep = " "
			}
		}
		out.WriteString("]")
	}
	return out.String()
}
