package uploader

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/consumer/consumertest"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// TestScripts plays the histories of testdata. A script is a list of steps, each
// its commands, "----" and what came of them: the requests with their times.
//
//	enter A U | ROW | ROW    the user is in audience A with these rows, now
//	exit A U [| ROW]         the user is out; the exit says who that is
//	erase A U                the same, by an erasure
//	run D                    time passes
//	fault KIND OP [COUNT]    the emulator's next such answer
//	crash [wipe]             the owner dies; the next one takes over, maybe without its table
//	release                  the owner gives the task up and another takes it
//	configure A id|account|leave|value|recreate|ldu|apps VALUE
//	order VERB A             a person's command: replace, pause, …
//	limit N                  rows of a request, from the next owner on
//	by-hand A ROW            somebody adds a row to the Facebook audience without Muster
//	existing NAME [value]    somebody makes an audience by hand; its id is $NAME
//	delete A                 somebody deletes it at Facebook
//	show A                   the table's rows of the audience
//	facebook A               what the emulator holds
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { playScript(t, file) })
		})
	}
}

func playScript(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &script{ids: make(map[string]string)}
	s.world = newWorld(t, Options{TakeoverWait: time.Minute, ResendOver: -1, RetryBase: 10 * time.Millisecond, Commands: commandTopic},
		graphtest.Options{ReplaceDelay: 3 * time.Minute})
	var out strings.Builder
	for i, step := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		commands, _, _ := strings.Cut(step, "\n----")
		if i > 0 {
			out.WriteString("\n")
		}
		fmt.Fprintf(&out, "%s\n", commands)
		if result := s.play(commands); result != "" {
			fmt.Fprintf(&out, "----\n%s\n", result)
		}
	}
	for _, v := range s.graph.Violations() {
		t.Errorf("violation: %+v", v)
	}
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(string(text), out.String()); d != "" {
		t.Errorf("want -, got +:\n%s", d)
	}
}

type script struct {
	*world
	ids map[string]string
}

func (s *script) play(commands string) string {
	s.t.Helper()
	var out []string
	for line := range strings.SplitSeq(commands, "\n") {
		if !strings.HasPrefix(line, "#") {
			if text := s.command(line); text != "" {
				out = append(out, text)
			}
		}
	}
	if text := s.journal.take(); text != "" {
		out = append([]string{text}, out...)
	}
	return strings.Join(out, "\n")
}

func (s *script) command(line string) string {
	s.t.Helper()
	head, rows, _ := strings.Cut(line, "|")
	w := append(strings.Fields(head), "", "", "", "")
	switch w[0] {
	case "enter":
		texts := strings.Split(rows, "|")
		s.journal.learn(texts...)
		s.enter(w[1], w[2], texts...)
	case "exit":
		s.leaves(w[1], w[2], rows)
	case "erase":
		s.records++
		s.task.Process(s.record(w[1], w[2], &musterpb.MemberRows{Incarnation: 1, Position: s.records, Erased: true}))
	case "run":
		d, err := time.ParseDuration(w[1])
		if err != nil {
			s.t.Fatal(err)
		}
		s.run(d)
	case "fault":
		count := 1
		if w[3] != "" {
			_, _ = fmt.Sscan(w[3], &count)
		}
		s.graph.Inject(graphtest.Fault{Kind: graphtest.Kind(w[1]), Match: graphtest.Match{Op: graphtest.Op(w[2])}, Count: count})
	case "crash":
		if w[1] == "wipe" {
			s.task.Wipe()
		}
		s.restart()
		s.task.Takeover()
	case "release":
		s.task.Processor().Stop()
		s.run(30 * time.Second)
		if s.task.Processor().Busy() {
			s.t.Fatal("still busy")
		}
		s.task.Release()
		s.restart()
		s.task.Takeover()
	case "order":
		s.world.command(musterpb.Verb(musterpb.Verb_value["VERB_"+strings.ToUpper(w[1])]), w[2])
	case "limit":
		_, _ = fmt.Sscan(w[1], &s.options.MaxRows)
	case "by-hand":
		s.journal.learn(w[2])
		s.graph.AddRows(s.facebookOf(w[1]).ID, uploaded(parseRow(w[2])))
	case "existing":
		s.ids["$"+w[1]] = s.graph.AddAudience("act_1", map[string]string{"name": w[1], "subtype": "CUSTOM", "is_value_based": strconv.FormatBool(w[2] == "value")})
	case "configure":
		s.configure(w[1], w[2], w[3])
	case "delete":
		s.graph.Delete(s.audienceOf(w[1]).ID)
	case "show":
		return s.show(w[1])
	case "facebook":
		return s.holds(w[1])
	default:
		s.t.Fatalf("unknown command %q", line)
	}
	return ""
}

func (s *script) leaves(audience, user, rows string) {
	s.t.Helper()
	if rows == "" {
		s.exit(audience, user)
		return
	}
	s.journal.learn(rows)
	s.records++
	s.task.Process(s.record(audience, user, &musterpb.MemberRows{Incarnation: 1, Position: s.records, Rows: parseRows(rows)}))
}

func (s *script) configure(key, what, value string) {
	all := maps.Clone(s.options.Audiences)
	if all == nil {
		all = make(map[string]AudienceOptions)
	}
	a := all[key]
	switch what {
	case "id":
		a.FacebookID = facebook.AudienceID(s.ids[value])
	case "leave":
		a.LeaveOut = value == "true"
	case "value":
		a.ValueBased = value == "true"
	case "ldu":
		a.DataProcessing = DataProcessing{Options: []string{"LDU"}}
		if value != "" {
			a.DataProcessing.Country, a.DataProcessing.State = 1, 1000
		}
	case "apps":
		a.AppIDs, a.PageIDs = []string{value}, []string{value + "0"}
	case "recreate":
		a.Recreate = value == "true"
	}
	all[key] = a
	s.options.Audiences = all
}

// show lists the table: the audience, then its members.
func (s *script) show(key string) string {
	var out []string
	t := s.task.Processor().(*task)
	a := t.audiences[key]
	line := fmt.Sprintf("audience: open %d, windows %d, pending %d, owed %d", len(a.row.Open), a.row.Windows, a.counts.pending, a.counts.owed)
	if b := t.statusOf(a).Block; b != nil {
		line += ", blocked: " + b.Reason
	}
	if a.row.ContentUnknown {
		line += ", content unknown"
	}
	if text := a.replaceText(); text != "" {
		line += ", replace: " + text
	}
	if f := a.row.ReplaceFailed; f != nil {
		line += ", failed: " + f.Title
	}
	if len(a.row.Alarms) > 0 {
		line += fmt.Sprintf(", alarms %v", a.row.Alarms)
	}
	last := make(map[string]consumertest.Logged)
	for _, l := range s.task.Changelog() {
		last[string(l.Key)] = l
	}
	for user := range s.desired[key] {
		l := last[string(schema.MemberKey(key, userKey(user)))]
		if l.Value == nil {
			out = append(out, user+": forgotten")
			continue
		}
		m, err := decodeMember(l.Value)
		if err != nil {
			s.t.Fatal(err)
		}
		text := fmt.Sprintf("%s: desired %s, synced %s", user, s.rows(m.Desired), s.rows(m.Synced))
		if !a.confirmed(m.Batch) {
			text += ", unconfirmed"
		}
		if len(m.Refused) > 0 {
			text += fmt.Sprintf(", refused %d", len(m.Refused))
		}
		if m.Owed {
			text += ", owed"
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return strings.Join(append([]string{line}, out...), "\n")
}

func (s *script) rows(rows []*musterpb.Row) string {
	var texts []string
	for _, r := range rows {
		b := newBatch(adding)
		b.shape.valueBased = len(r.LookalikeValue) > 0
		b.append(item{rows: []*musterpb.Row{r}})
		texts = append(texts, s.journal.readable(string(appendRow(nil, r, b.columns(), ""))))
	}
	return "{" + strings.Join(texts, " ") + "}"
}

func (s *script) facebookOf(key string) graphtest.Audience {
	if id := s.options.Audiences[key].FacebookID; id != "" {
		return s.graph.Audience(string(id))
	}
	return s.audienceOf(key)
}

func (s *script) holds(key string) string {
	a := s.facebookOf(key)
	var out []string
	for _, r := range a.Rows() {
		var cells []string
		for _, k := range slices.Sorted(maps.Keys(r)) {
			v := r[k]
			if name, ok := s.journal.names[v]; ok {
				v = name
			}
			cells = append(cells, strings.ToLower(k)+":"+v)
		}
		out = append(out, "  "+strings.Join(cells, " "))
	}
	slices.Sort(out)
	return fmt.Sprintf("%q holds %d:\n%s", a.Name, len(out), strings.Join(out, "\n"))
}
