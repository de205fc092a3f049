package uploader

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

const auditTopic = "muster.audit"

// erase says that the user was erased.
func (w *world) erase(audience, user string) consumer.Record {
	w.t.Helper()
	w.records++
	r := w.record(audience, user, &musterpb.MemberRows{Incarnation: 1, Position: w.records, Erased: true})
	w.task.Process(r)
	return r
}

// audits are the steps told since the last call, as "user step rows". Whatever
// else was emitted is lost to the caller but the last status, which is w.shown.
func (w *world) audits(users ...string) []string {
	w.t.Helper()
	var all []string
	for _, e := range w.task.Emissions() {
		if e.Topic != auditTopic {
			w.shown = new(musterpb.AudienceStatus)
			if err := w.shown.UnmarshalVT(e.Value); err != nil {
				w.t.Fatal(err)
			}
			continue
		}
		var a schema.Audit
		if err := json.Unmarshal(e.Value, &a); err != nil || a.Audience != "x" || a.Installation != "test" || a.At.IsZero() || string(e.Key) != a.User {
			w.t.Fatalf("audit %s: %v", e.Value, err)
		}
		name := "?"
		for _, u := range users {
			if fmt.Sprintf("%x", userKey(u)) == a.User {
				name = u
			}
		}
		all = append(all, fmt.Sprintf("%s %s %d", name, a.Step, a.Rows))
	}
	return all
}

// TestErasureIsAudited: each erasure ends in one step, and read again, by whatever
// owner, it is no news.
func TestErasureIsAudited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, Audit: auditTopic}, graphtest.Options{})
		w.enter("x", "u1", "email:1", "email:11")
		w.enter("x", "twin", "email:t")
		w.enter("x", "other twin", "email:t")
		w.enter("x", "back", "email:b")
		w.enter("x", "stays", "email:s")
		w.task.Process(w.says("x", "unmatchable", true))
		w.run(2 * time.Hour)
		w.converged()
		if got := w.audits(); len(got) != 0 {
			t.Fatalf("told %v of nobody's erasure", got)
		}
		users := []string{"u1", "twin", "back", "unmatchable", "stranger"}
		var erasures []consumer.Record
		for _, u := range users {
			erasures = append(erasures, w.erase("x", u))
		}
		w.enter("x", "back", "email:b")
		w.run(2 * time.Hour)
		w.converged()
		got := w.audits(users...)
		slices.Sort(got)
		want := []string{"back returned 0", "twin nothing_held 0", "u1 removed 2", "unmatchable nothing_held 0"}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
		for _, wipe := range []bool{false, true} {
			w.task.Process(erasures...)
			if wipe {
				w.task.Wipe()
			}
			w.task.Takeover()
			w.task.Process(erasures...)
			w.run(2 * time.Hour)
			if got := w.audits(users...); len(got) != 0 {
				t.Errorf("told again: %v", got)
			}
		}
	})
}

// TestAuditsOfBefore: steps that are left from when there was a topic for them are
// forgotten, so that their members can be.
func TestAuditsOfBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, Audit: auditTopic, KeepEmptied: time.Hour}, graphtest.Options{})
		w.enter("x", "u1", "email:1")
		w.erase("x", "u1") // nothing was sent yet: nothing_held, which no Tick has told
		w.options.Audit = ""
		w.restart()
		w.task.Takeover()
		w.run(time.Minute)
		for _, e := range w.task.Emissions() {
			if e.Topic != statusTopic {
				t.Errorf("emitted to %q", e.Topic)
			}
		}
		w.run(2 * time.Hour)
		if n := w.audienceKeyed("x").counts.stored; n != 0 {
			t.Errorf("%d members are stored, though they were emptied long ago", n)
		}
	})
}

// TestAuditSurvivesCrashes: a step that was logged is told, wherever the owner
// dies.
func TestAuditSurvivesCrashes(t *testing.T) {
	t.Parallel()
	for i, tt := range []struct {
		step consumer.Step
		wipe bool
	}{
		{consumer.BeforeLog, false}, {consumer.AfterLog, false}, {consumer.AfterLog, true}, {consumer.AfterEmit, false}, {consumer.AfterEmit, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, Options{ResendOver: -1, Audit: auditTopic}, graphtest.Options{})
			w.enter("x", "u1", "email:1")
			w.enter("x", "u2", "email:2")
			w.run(2 * time.Hour)
			w.erase("x", "u1")
			a := w.task.Processor().(*task).audiences["x"]
			w.graph.Inject(graphtest.Fault{Kind: graphtest.Slow, Delay: 15 * time.Second, Match: graphtest.Match{Op: graphtest.OpRemove}, Count: 1})
			for n := 0; !a.flight; n++ {
				if w.run(5 * time.Second); n > 1440 {
					t.Fatal("no removal within two hours")
				}
			}
			w.task.FailAt(tt.step) // the commit of the answer
			if w.runErr(time.Hour) == nil {
				t.Fatal("no crash")
			}
			if tt.wipe {
				w.task.Wipe()
			}
			w.task.Takeover()
			w.run(3 * time.Hour)
			w.converged()
			got := w.audits("u1")
			if n := len(got); n < 1 || n > 2 || slices.ContainsFunc(got, func(s string) bool { return s != "u1 removed 1" }) {
				t.Errorf("case %d: told %v", i, got)
			}
		})
	}
}

// TestErasureOverdue: an erasure that Facebook refuses is told once, shown as
// overdue after a while with what to do, and all that ends with the removal.
func TestErasureOverdue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		health := &Health{}
		w := newWorld(t, Options{
			ResendOver: -1, Audit: auditTopic, Health: health, Commands: commandTopic,
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		}, graphtest.Options{})
		w.enter("x", "u1", "email:1")
		w.enter("x", "u2", "email:2")
		w.run(2 * time.Hour)
		w.graph.Inject(graphtest.Fault{Kind: graphtest.LowSize, Match: graphtest.Match{Op: graphtest.OpRemove}, Count: -1})
		erased := time.Now()
		w.erase("x", "u1")
		w.run(24 * time.Hour)
		if got := w.audits("u1"); !slices.Equal(got, []string{"u1 refused 1"}) {
			t.Errorf("told %v", got)
		}
		if s := w.shown; s.Erasing != 1 || s.OldestErasureMs != erased.UnixMilli() || s.ErasuresOverdue != 0 || !slices.Contains(s.Alarms, alarmErasedHeld) {
			t.Errorf("shown as %v", s)
		}
		if h := health.Overdue(); len(h) != 0 {
			t.Errorf("overdue after a day: %v", h)
		}
		w.run(49 * time.Hour)
		if got := w.audits("u1"); len(got) != 0 {
			t.Errorf("told again: %v", got)
		}
		if s := w.shown; s.ErasuresOverdue != 1 || !strings.Contains(s.OverdueRemedy, "delete the audience") {
			t.Errorf("shown as %v", s)
		}
		if h := health.Overdue(); h["x"].Erasures != 1 {
			t.Errorf("health %v", h)
		}
		w.task.Wipe() // another replica knows the age from the log
		w.task.Takeover()
		w.run(time.Hour)
		if w.audits(); w.shown.ErasuresOverdue != 1 || w.shown.OldestErasureMs != erased.UnixMilli() {
			t.Errorf("shown by the next owner as %v", w.shown)
		}
		if n := strings.Count(log.String(), "erasures are overdue"); n != 2 {
			t.Errorf("said %d times by two owners", n)
		}

		w.graph.ClearFaults()
		w.run(8 * time.Hour)
		w.converged()
		if got := w.audits("u1"); !slices.Equal(got, []string{"u1 removed 1"}) {
			t.Errorf("told %v", got)
		}
		if s := w.shown; s.Erasing != 0 || s.ErasuresOverdue != 0 || s.OverdueRemedy != "" || len(s.Alarms) != 0 {
			t.Errorf("shown as %v", s)
		}
		if h := health.Overdue(); len(h) != 0 {
			t.Errorf("health %v", h)
		}
	})
}

// TestErasureEndsWithTheAudience: what Facebook held is gone with the audience, and
// so is the erasure.
func TestErasureEndsWithTheAudience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, Audit: auditTopic, Recreate: true}, graphtest.Options{})
		for _, u := range []string{"1", "2", "3"} {
			w.enter("x", u, "email:"+u)
		}
		w.run(2 * time.Hour)
		w.erase("x", "1")
		w.graph.Delete(w.audienceOf("x").ID)
		w.run(3 * time.Hour)
		w.converged()
		if got := w.audits("1"); !slices.Equal(got, []string{"1 nothing_held 0"}) {
			t.Errorf("told %v", got)
		}
		if w.shown.Erasing != 0 {
			t.Errorf("shown as %v", w.shown)
		}
	})
}

// TestAddOnlyRemoves: who is erased, or withdraws consent, leaves an audience that
// is otherwise only added to, even if they are back by then.
func TestAddOnlyRemoves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ResendOver: -1, Audiences: map[string]AudienceOptions{"x": {AddOnly: true}}}, graphtest.Options{})
		for _, u := range []string{"exits", "withdraws", "back"} {
			w.enter("x", u, "email:"+u)
		}
		w.run(2 * time.Hour)
		w.exit("x", "exits")
		w.exit("x", "withdraws")
		w.run(2 * time.Hour)
		if n := w.lines(); n != 3 {
			t.Fatalf("%d rows after exits, want 3", n)
		}
		w.records++
		w.task.Process(w.record("x", "withdraws", &musterpb.MemberRows{Incarnation: 1, Position: w.records, Withdrawn: true}))
		w.erase("x", "back")
		w.enter("x", "back", "email:new")
		w.run(2 * time.Hour)
		w.desired["x"]["exits"] = parseRows("email:exits") // it stays, as configured
		w.converged()
	})
}
