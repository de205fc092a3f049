package uploader

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

func text(t *testing.T, template string) *schema.AudienceText {
	t.Helper()
	a, err := schema.ParseAudienceText(template)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// speaks has a user enter an audience of which the stream says this.
func (w *world) speaks(audience, user string, m *musterpb.MemberRows) consumer.Record {
	w.records++
	m.Incarnation, m.Position, m.In, m.Rows = 1, w.records, true, parseRows("email:"+user)
	return w.record(audience, user, m)
}

// TestNaming: an audience is called as the templates say when it is made, within
// bounds; it is found again by its marker, and not renamed.
func TestNaming(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		long := strings.Repeat("long ", 100)
		w := newWorld(t, Options{
			ResendOver: -1, TakeoverWait: time.Minute,
			Name: text(t, "Engage – {{.Name}}"), Description: text(t, "{{.Key}} of {{.Space}}/{{.Computation}}: {{.Name}}"), Source: facebook.SourcePartner,
			Audiences: map[string]AudienceOptions{"own": {
				Name: text(t, "Own {{.Key}}"), Description: text(t, "made by hand [muster:00000000000000000000000000000000]"), Source: facebook.SourceBoth,
			}},
		}, graphtest.Options{})
		w.task.Process(
			w.speaks("vip", "u1", &musterpb.MemberRows{Name: "VIP", Space: "spa", Computation: "aud"}),
			w.speaks("long", "u1", &musterpb.MemberRows{Name: long}),
			w.speaks("plain", "u1", &musterpb.MemberRows{}),
			w.speaks("own", "u1", &musterpb.MemberRows{Name: "Not this"}),
		)
		w.graph.Inject(graphtest.Fault{Kind: graphtest.ResetAfter, Match: graphtest.Match{Op: graphtest.OpCreate}, Count: 2})
		w.run(2 * time.Hour)
		w.converged() // two were found by their markers, or there would be two of them
		source := map[string]string{"own": "BOTH_USER_AND_PARTNER_PROVIDED"}
		for key, want := range map[string][2]string{
			"vip":   {"Engage – VIP", "vip of spa/aud: VIP [muster:"},
			"long":  {"Engage – " + long[:140] + "…", "long of /: " + long[:168] + "… [muster:"},
			"plain": {"Engage – plain", "plain of /: plain [muster:"},
			"own":   {"Own own", "made by hand (muster:00000000000000000000000000000000] [muster:"},
		} {
			a := w.audienceOf(key)
			if a.Name != want[0] || !strings.HasPrefix(a.Description, want[1]) {
				t.Errorf("%s is called %q, %q", key, a.Name, a.Description)
			}
			if source[key] == "" {
				source[key] = "PARTNER_PROVIDED_ONLY"
			}
			if got := a.FileSource; got != source[key] {
				t.Errorf("%s is of %s, want %s", key, got, source[key])
			}
		}

		// Called otherwise from now on: what there is stays as it is.
		w.options.Name, w.options.Description, w.options.Audiences = text(t, "Other {{.Name}}"), nil, nil
		w.journal.take()
		w.restart()
		w.task.Takeover()
		w.enter("vip", "u2", "email:u2")
		w.run(2 * time.Hour)
		w.converged()
		if a := w.audienceOf("vip"); a.Name != "Engage – VIP" || a.Lines != 2 {
			t.Errorf("now it is %q with %d rows", a.Name, a.Lines)
		}
		if log := w.journal.take(); strings.Contains(log, "create") || strings.Count(log, "add") != 1 {
			t.Errorf("asked of Facebook:\n%s", log)
		}
	})
}

// TestNamingFails: a template that comes to nothing for an audience is told, and
// holds up that one only.
func TestNamingFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{
			Name:      text(t, "{{.Space}}"),
			Audiences: map[string]AudienceOptions{"named": {Name: text(t, "Named")}},
		}, graphtest.Options{})
		w.task.Process(
			w.speaks("x", "u1", &musterpb.MemberRows{}),
			w.speaks("named", "u1", &musterpb.MemberRows{}),
		)
		w.run(time.Hour)
		b := w.task.Processor().(*task).audiences["x"].row.Block
		if b.GetReason() != blockTemplate || !strings.Contains(b.Remedy, "facebook.name_template") || w.audienceOf("x").ID != "" {
			t.Errorf("blocked: %v", b)
		}
		if w.audienceOf("named").Lines != 1 {
			t.Error("the other one is held up")
		}
		w.options.Name = nil
		w.restart()
		w.task.Takeover()
		w.run(2 * time.Hour)
		w.converged()
		if a := w.audienceOf("x"); a.Name != "x" || w.task.Processor().(*task).audiences["x"].row.Block != nil {
			t.Errorf("it is %q", a.Name)
		}
	})
}
