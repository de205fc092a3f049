package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"muster/cmd/internal/status"
)

// statusLook is how an overview is written.
type statusLook struct{ colour bool }

// paint colours a text, on terminals.
func (l statusLook) paint(s string, colours ...text.Color) string {
	if !l.colour {
		return s
	}
	return text.Colors(colours).Sprint(s)
}

// state is a state in its colour; its name says it too.
func (l statusLook) state(state string) string {
	switch status.ToneOf(state) {
	case status.Bad:
		return l.paint(spaced(state), text.FgRed, text.Bold)
	case status.Warn:
		return l.paint(spaced(state), text.FgYellow)
	case status.Busy:
		return l.paint(spaced(state), text.FgCyan)
	default:
		return l.paint(spaced(state), text.FgGreen)
	}
}

func spaced(s string) string { return strings.ReplaceAll(s, "_", " ") }

// plain keeps what a stream called something from moving the cursor.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// text is the whole overview, a line each ended.
func (l statusLook) text(o status.Overview) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s of them stopped · %s · %s pending · %d of %s at work · %s behind · %s · %s\n",
		status.Count(int64(o.Sum.Audiences), "audience"), status.Number(int64(o.Sum.Stopped)), status.Count(o.Sum.Members, "member"), status.Number(o.Sum.Pending),
		o.Sum.Working, status.Count(int64(o.Sum.Replicas), "replica"), status.Count(o.Sum.Lag, "record"), status.Count(o.Sum.Letters, "dead letter"), o.At.Format("15:04:05 UTC"))
	l.needs(&b, o)
	l.audiences(&b, o)
	l.accounts(&b, o)
	l.replicas(&b, o)
	l.letters(&b, o)
	return b.String()
}

func (l statusLook) needs(b *strings.Builder, o status.Overview) {
	said := false
	say := func(who, state string, lines ...string) {
		if !said {
			fmt.Fprintf(b, "\n%s\n", l.paint("NEEDS ATTENTION", text.Bold))
			said = true
		}
		fmt.Fprintf(b, "%s (%s): %s\n", plain(who), l.state(state), plain(strings.Join(lines, " ")))
	}
	for _, stopped := range []bool{true, false} {
		for _, a := range o.Audiences {
			for _, n := range a.Needs {
				if a.Stopped() == stopped {
					say(a.Key, a.State, n.What+".", n.Remedy)
				}
			}
		}
	}
	for _, r := range o.Replicas {
		for _, reason := range r.Reasons {
			say(r.Host, r.State, reason)
		}
	}
}

// table begins a table of columns without lines.
func (l statusLook) table(header ...any) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatUpper
	if l.colour {
		style.Color.Header = text.Colors{text.Bold}
	}
	t.SetStyle(style)
	t.AppendHeader(header)
	return t
}

// end writes a table under the ones before.
func end(b *strings.Builder, t table.Writer, right ...int) {
	var columns []table.ColumnConfig
	for _, n := range right {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	t.SuppressTrailingSpaces()
	if t.Length() > 0 {
		fmt.Fprintf(b, "\n%s\n", t.Render())
	}
}

func (l statusLook) audiences(b *strings.Builder, o status.Overview) {
	t := l.table("audience", "state", "size", "pending", "last sync", "next sync", "facebook")
	for _, a := range o.Audiences {
		t.AppendRow(table.Row{plain(a.Key), l.state(a.State), status.Number(a.Members), status.Number(a.Pending), status.Ago(a.LastSync, o.At), status.In(a.NextSync, o.At), a.FacebookID})
	}
	end(b, t, 3, 4)
}

func (l statusLook) accounts(b *strings.Builder, o status.Overview) {
	t := l.table("ad account", "used", "tier", "waiting", "rows waiting", "next request", "said")
	for _, a := range o.Accounts {
		next := "any time"
		if a.Opens.After(o.At) {
			next = status.In(a.Opens, o.At)
		}
		t.AppendRow(table.Row{"act_" + a.ID, fmt.Sprintf("%.0f %%", a.UsedPercent), spaced(a.Tier), status.Number(a.WaitingAudiences), status.Number(a.WaitingRows), next, status.Ago(a.Said, o.At)})
	}
	end(b, t, 2, 4, 5)
}

func (l statusLook) replicas(b *strings.Builder, o status.Overview) {
	t := l.table("replica", "task", "state", "behind", "restored")
	for _, r := range o.Replicas {
		t.AppendRow(table.Row{plain(r.Host), status.Count(int64(len(r.Tasks)), "task"), l.state(r.State), "", "started " + status.Ago(r.Started, o.At) + ", heard " + status.Ago(r.Said, o.At)})
		for _, task := range r.Tasks {
			restored := ""
			if task.State == "restoring" {
				restored = fmt.Sprintf("%d %% of %s records", task.Restored(), status.Number(task.RestoreTotal))
			}
			state := l.state(task.State)
			if task.Unfenced {
				state += " " + l.state("unfenced")
			}
			t.AppendRow(table.Row{"", fmt.Sprintf("%s %d", task.Stage, task.Partition), state, status.Number(task.Lag), restored})
		}
	}
	end(b, t, 4)
}

func (l statusLook) letters(b *strings.Builder, o status.Overview) {
	t := l.table("dead letters", "records")
	for _, d := range o.DeadLetters {
		t.AppendRow(table.Row{spaced(d.Reason), status.Number(d.Records)})
	}
	end(b, t, 2)
}

// fit cuts a text to a screen: the last line says how many there are more.
func fit(s string, width, height int) string {
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	if more := len(lines) - height + 1; height > 1 && more > 1 {
		lines = append(lines[:height-1], fmt.Sprintf("… %d more lines; --once prints all", more))
	}
	for i, line := range lines {
		if width > 0 {
			line = text.Trim(line, width)
		}
		lines[i] = line + eraseRest
	}
	return strings.Join(lines, "\r\n")
}

// eraseRest erases from the cursor to the end of its line (ECMA-48).
const eraseRest = "\x1b[0m\x1b[K"

// drawEvery is how often a live status is drawn: at most, and at least.
const (
	drawAtMost  = time.Second
	drawAtLeast = 5 * time.Second
)
