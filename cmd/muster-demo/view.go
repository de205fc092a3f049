package main

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// numbers prints with thousands separated.
var numbers = message.NewPrinter(language.English)

// plainEvery is the time between two lines where there is no terminal.
const plainEvery = 2 * time.Second

// lastRequests is how many of the newest requests are shown.
const lastRequests = 5

// What a terminal erases to the right of the cursor and below it (ECMA-48).
const (
	eraseRest  = "\x1b[K"
	eraseBelow = "\x1b[J"
)

// snapshot is a moment of everything.
type snapshot struct {
	published int
	behind    int64
	members   int
	audiences []graphtest.Audience
	status    map[string]*musterpb.AudienceStatus
	requests  []graphtest.Entry
	stats     graphtest.Stats
	replicas  []string
}

func (d *demo) snapshot() snapshot {
	s := snapshot{
		published: d.events.Count(), behind: d.behind(), members: d.members, audiences: d.graph.Audiences(),
		status: d.status.status(), stats: d.graph.Stats(),
	}
	journal := d.graph.Journal()
	s.requests = journal[max(0, len(journal)-lastRequests):]
	for _, wk := range d.workers {
		s.replicas = append(s.replicas, string(wk.Status().State))
	}
	slices.SortFunc(s.audiences, func(a, b graphtest.Audience) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// view shows snapshots: a table that is drawn over on a terminal, lines
// elsewhere.
type view struct {
	out      io.Writer
	terminal bool
	lines    int // of the last table
	started  time.Time
	told     time.Time
	note     string
}

func newView(out io.Writer, s settings) *view {
	v := &view{out: out, started: time.Now()}
	if f, ok := out.(*os.File); ok {
		v.terminal = term.IsTerminal(int(f.Fd()))
	}
	about := numbers.Sprintf("%d people, %d audiences, %d replicas, seed %s", s.people, s.audiences, replicas, strconv.FormatUint(s.seed, 10))
	if s.page != "" {
		about += " · status page http://" + s.page
	}
	v.say(about)
	return v
}

// say shows a line of its own; on a terminal under the table.
func (v *view) say(note string) {
	v.note = note
	if !v.terminal {
		_, _ = io.WriteString(v.out, note+"\n") // a display that is gone stops nothing
	}
}

// end prints a line after the last table.
func (v *view) end(note string) { _, _ = io.WriteString(v.out, note+"\n") }

func (v *view) draw(s snapshot) {
	if !v.terminal {
		v.line(s)
		return
	}
	rendered := v.table(s)
	if v.lines > 0 {
		rendered = text.CursorUp.Sprintn(v.lines) + "\r" + rendered
	}
	v.lines = strings.Count(rendered, "\n")
	_, _ = io.WriteString(v.out, rendered)
}

func (v *view) line(s snapshot) {
	if time.Since(v.told) < plainEvery {
		return
	}
	v.told = time.Now()
	_, _ = numbers.Fprintf(v.out, "%4.0fs · events read %d of %d · members %d · pending %d · rows in Facebook %d · requests %d · faults %d\n",
		time.Since(v.started).Seconds(), s.read(), s.published, s.members, s.pending(), s.stats.Lines, s.stats.Requests, s.faults())
}

func (s snapshot) read() int64 { return max(0, int64(s.published)-s.behind) }

// pending is the number of members that differ from Facebook, as Muster says.
func (s snapshot) pending() (n int64) {
	for _, row := range s.status {
		n += row.Pending
	}
	return n
}

func (s snapshot) faults() (n int) {
	for _, count := range s.stats.Faults {
		n += count
	}
	return n
}

// table draws everything, each line up to its end, so that a shorter one leaves
// nothing of the one before.
func (v *view) table(s snapshot) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleRounded)
	t.SetTitle(numbers.Sprintf("events read %d of %d · members %d · requests %d · faults %d · replicas %s",
		s.read(), s.published, s.members, s.stats.Requests, s.faults(), strings.Join(s.replicas, ", ")))
	t.AppendHeader(table.Row{"Facebook audience", "members", "pending", "rows in Facebook", "state"})
	for _, a := range s.audiences {
		row := s.status[a.Name]
		if row == nil {
			row = &musterpb.AudienceStatus{State: "…"}
		}
		t.AppendRow(table.Row{a.Name, numbers.Sprint(row.Members), numbers.Sprint(row.Pending), numbers.Sprint(a.Lines), row.State})
	}
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, Align: text.AlignRight, WidthMin: 8}, {Number: 3, Align: text.AlignRight, WidthMin: 8},
		{Number: 4, Align: text.AlignRight}, {Number: 5, WidthMin: 10},
	})
	var b strings.Builder
	line := func(l string) { b.WriteString(l + eraseRest + "\n") }
	for _, l := range strings.Split(t.Render(), "\n") {
		line(l)
	}
	for i := range lastRequests {
		if i < len(s.requests) {
			line(requestLine(s.requests[i]))
		} else {
			line("")
		}
	}
	line(v.note)
	b.WriteString(eraseBelow) // the table may have been longer
	return b.String()
}

// requestLine tells of one request.
func requestLine(e graphtest.Entry) string {
	what := numbers.Sprintf("  %s %-6s %s", e.Start.Format("15:04:05.000"), e.Op, e.Audience)
	if e.Rows > 0 {
		what += numbers.Sprintf(" · %d rows", e.Rows)
	}
	switch {
	case e.Fault != "":
		what += " · fault " + string(e.Fault)
	case e.Outcome == graphtest.InFlight:
		what += " · in flight"
	default:
		what += " · " + numbers.Sprint(e.Status)
	}
	return what
}
