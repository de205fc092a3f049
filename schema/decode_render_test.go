package schema

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// render writes an outcome as scripts have it.
func render(d *Decoder, got *Decoded, w *watch) string {
	var b strings.Builder
	if got.DeadLetter != "" {
		fmt.Fprintf(&b, "dead letter %s: %s\n", got.DeadLetter, got.DeadLetterDetail)
	}
	if got.Ignored != "" {
		fmt.Fprintf(&b, "ignored %s\n", got.Ignored)
	}
	for i := range got.Events {
		renderEvent(&b, d, &got.Events[i], &w.events[i])
	}
	return b.String()
}

var (
	sourceNames   = []string{"trait", "externalIds", "device"}
	platformNames = []string{"", " ios", " android"}
)

func renderEvent(b *strings.Builder, d *Decoder, e *Event, w *watched) {
	user := w.user
	switch {
	case e.User != d.keyer.Key(user):
		user += " UNDER ANOTHER KEY"
	case e.AlsoErase == d.keyer.Key("anon:"+user):
		user += " and anon:" + user
	case e.AlsoErase == d.keyer.Key(strings.TrimPrefix(user, "anon:")):
		user += " and " + strings.TrimPrefix(user, "anon:")
	case e.AlsoErase != UserKey{}:
		user += " AND ANOTHER"
	}
	fmt.Fprintf(b, "%s %s %s\n", e.Type, user, time.UnixMilli(e.Stamp.TimeMs).UTC().Format("2006-01-02T15:04:05.999Z07:00"))
	if e.Erase {
		b.WriteString("  erased\n")
	}
	if e.ExternID != "" {
		fmt.Fprintf(b, "  EXTERN_ID = %s\n", e.ExternID)
	}
	for _, m := range e.Memberships {
		state := "out of"
		if m.In {
			state = "in"
		}
		fmt.Fprintf(b, "  %s %s", state, m.Audience)
		for _, more := range [][2]string{{"name", m.Name}, {"space", m.Space}, {"computation", m.Computation}, {"facebook", m.FacebookID}} {
			if more[1] != "" {
				fmt.Fprintf(b, " %s=%s", more[0], more[1])
			}
		}
		b.WriteString("\n")
	}
	for _, s := range e.Sets {
		how := "+"
		if s.Replace {
			how = "="
		}
		fmt.Fprintf(b, "  %s %s%s %s", s.Key, sourceNames[s.Source], platformNames[s.Platform], how)
		for _, v := range s.Values {
			fmt.Fprintf(b, " %s", renderValue(w, s.Key, v))
		}
		if len(s.Values) == 0 {
			b.WriteString(" nothing")
		}
		b.WriteString("\n")
	}
	for _, r := range e.Registers {
		v := "nothing"
		if len(r.Value) > 0 {
			v = renderValue(w, r.Key, r.Value)
		}
		fmt.Fprintf(b, "  %s = %s\n", r.Key, v)
	}
	for _, v := range e.Values {
		fmt.Fprintf(b, "  value of %s = %s\n", v.Trait, cmp.Or(string(v.Value), "nothing"))
	}
	for _, p := range e.TrackingOff {
		fmt.Fprintf(b, "  tracking off%s\n", platformNames[p])
	}
	for _, c := range e.Consents {
		fmt.Fprintf(b, "  consent %s %t\n", c.Category, c.Granted)
	}
	for _, x := range e.Dropped {
		fmt.Fprintf(b, "  dropped %s at %s: %s\n", x.Key, x.Trait, x.Reason)
	}
}

// renderValue shows a value by its text if it is stored in the form that the
// package comment of stored values asks for: a hash, an UUID, a code.
func renderValue(w *watched, k Key, value []byte) string {
	text := w.texts[watchedValue{k, string(value)}]
	sum := sha256.Sum256([]byte(text))
	switch {
	case bytes.Equal(value, sum[:]):
		return text
	case text == string(value), k == MADID && text == Uploaded(MADID, value):
		return text
	default:
		return Uploaded(k, value)
	}
}
