package membership

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/consumer"
	"muster/consumer/consumertest"
	"muster/schema"
	"muster/schema/musterpb"
)

// ageing is a task that forgets users after a while, in a bubble whose clock
// begins at midnight of 2000-01-01.
type ageing struct {
	t      *testing.T
	task   *consumertest.Task
	offset int64
}

func newAgeing(t *testing.T, forgetAfter time.Duration) *ageing {
	o := testOptions()
	o.ForgetAfter = forgetAfter
	return &ageing{t: t, task: consumertest.NewTask(t, consumertest.Options{New: New(o)})}
}

// says has an event happen so many hours after midnight. audience "" = an identify.
func (a *ageing) says(replay bool, user string, hour int, what string) {
	at := time.Date(2000, 1, 1, hour, 0, 0, 0, time.UTC)
	value := fmt.Sprintf(`{"type":%q,"userId":%q,"timestamp":%q,"traits":{"email":"%s@example.com"}}`, what, user, at.Format(time.RFC3339), user)
	if what == "enter" {
		value = fmt.Sprintf(`{"type":"track","userId":%q,"event":"Audience Entered","timestamp":%q,"properties":{"audience_key":"A","A":true,"email":"%s@example.com"}}`, user, at.Format(time.RFC3339), user)
	}
	a.offset++
	a.task.Process(consumer.Record{Topic: "users", Offset: a.offset, Time: at, Key: []byte(user), Value: []byte(value), Replay: replay})
}

// run ticks for a while, as the engine would.
func (a *ageing) run(d time.Duration) {
	a.t.Helper()
	end := time.Now().Add(d)
	for n := 0; time.Now().Before(end); n++ {
		next := a.task.Tick()
		if next.IsZero() || next.After(end) {
			next = end
		}
		time.Sleep(time.Until(next))
		if n > 10_000 {
			a.t.Fatal("10,000 ticks")
		}
	}
}

// said is what was emitted of users since the last call, the last word of each.
func (a *ageing) said(users ...string) map[string]string {
	a.t.Helper()
	last := map[string]string{}
	keyer := schema.NewUserKeyer([]byte("secret"))
	for _, e := range a.task.Emissions() {
		_, user, err := schema.ParseMemberKey(e.Key)
		m := &musterpb.MemberRows{}
		if err != nil || m.UnmarshalVT(e.Value) != nil {
			a.t.Fatalf("emission %v: %v", e, err)
		}
		for _, u := range users {
			if keyer.Key(u) == user {
				last[u] = memberText(&musterpb.MemberRows{In: m.In, Withdrawn: m.Withdrawn, Erased: m.Erased})[1:]
				if m.In && len(m.Rows) > 0 {
					last[u] = "in"
				}
			}
		}
	}
	return last
}

// stored are the users whose profiles the changelog holds, with what they are.
func (a *ageing) stored(users ...string) map[string]string {
	a.t.Helper()
	all := map[string]string{}
	keyer := schema.NewUserKeyer([]byte("secret"))
	for _, r := range a.task.Changelog() {
		for _, u := range users {
			key := keyer.Key(u)
			if string(r.Key) != string(key[:]) {
				continue
			}
			p := &musterpb.Profile{}
			if err := p.UnmarshalVT(r.Value); err != nil {
				a.t.Fatal(err)
			}
			switch {
			case r.Value == nil:
				delete(all, u)
			case onlyErased(p) && len(p.Memberships) == 0:
				all[u] = "erased"
			default:
				all[u] = "known"
			}
		}
	}
	return all
}

func TestForgetAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, users := newAgeing(t, 48*time.Hour), []string{"old", "seen", "erased", "back"}
		same := func(when string, got, want map[string]string) {
			t.Helper()
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s: -want +got\n%s", when, d)
			}
		}
		for _, u := range users {
			a.says(false, u, 0, "enter")
		}
		a.says(false, "erased", 1, "delete")
		a.run(47 * time.Hour)
		a.says(false, "seen", 47, "identify")
		a.said()
		a.run(10 * time.Hour) // the 57th hour
		same("told", a.said(users...), map[string]string{"old": "out withdrawn", "back": "out withdrawn"})
		same("kept", a.stored(users...), map[string]string{"seen": "known", "erased": "erased"})

		// All is read again: nobody old is in, not even for a moment.
		a.task.Wipe()
		a.task.Takeover()
		for _, u := range users {
			a.says(true, u, 0, "enter")
			if got := a.said(u)[u]; got == "in" && u != "seen" {
				t.Errorf("%s is in again", u)
			}
		}
		a.run(5 * time.Minute)
		a.says(true, "back", 20, "identify") // within two days of the next one
		a.run(9 * time.Minute)
		a.says(true, "back", 57, "identify")
		same("read again", a.said("back", "old"), map[string]string{"back": "in"})
		a.run(8 * time.Hour)
		same("forgotten again", a.said("back", "old"), map[string]string{"old": "out withdrawn"})
		same("kept at last", a.stored(users...), map[string]string{"seen": "known", "back": "known", "erased": "erased"})
	})
}

// TestForgetAfterSurvivesCrashes: whatever is lost is said and deleted by the next
// owner.
func TestForgetAfterSurvivesCrashes(t *testing.T) {
	t.Parallel()
	for _, step := range []consumer.Step{consumer.BeforeLog, consumer.AfterLog, consumer.AfterEmit} {
		for _, wipe := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				a := newAgeing(t, time.Hour)
				a.says(false, "old", 0, "enter")
				a.said()
				time.Sleep(2 * time.Hour)
				crashes := 0
				for range 2 { // the telling, the deletion
					a.task.FailAt(step)
					for n := 0; n < 10; n++ {
						next, err := a.task.TickErr()
						if err != nil {
							crashes++
							if wipe {
								a.task.Wipe()
							}
							a.task.Takeover()
							break
						}
						if next.After(time.Now()) {
							time.Sleep(time.Until(next))
						}
					}
				}
				a.run(7 * time.Hour)
				if got := a.said("old")["old"]; got != "out withdrawn" {
					t.Errorf("step %v, wipe %t, %d crashes: said %q", step, wipe, crashes, got)
				}
				if got := a.stored("old"); len(got) != 0 {
					t.Errorf("step %v, wipe %t, %d crashes: kept %v", step, wipe, crashes, got)
				}
				if crashes == 0 {
					t.Errorf("step %v, wipe %t: no crash", step, wipe)
				}
			})
		}
	}
}

// Of a user who counts as forgotten no audience knows: whatever is heard of one
// again, if only of another audience, has all of it said.
func TestHeardOfAgainSaysAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := testOptions()
		o.ForgetAfter = time.Hour
		k := consumertest.NewTask(t, consumertest.Options{New: New(o)})
		enter := func(offset int64, audience, email string) {
			k.Process(consumer.Record{Topic: "users", Offset: offset, Time: time.Now(), Key: []byte("u"), Value: fmt.Appendf(nil,
				`{"type":"track","userId":"u","event":"x","timestamp":%q,"properties":{"audience_key":%q,%q:true%s}}`,
				time.Now().UTC().Format(time.RFC3339), audience, audience, email)})
		}
		enter(0, "A", `,"email":"jane@example.com"`)
		k.Emissions()
		time.Sleep(2 * time.Hour) // no pass has come by
		enter(1, "B", "")
		said := map[string]bool{}
		for _, e := range k.Emissions() {
			audience, _, err := schema.ParseMemberKey(e.Key)
			m := &musterpb.MemberRows{}
			if err != nil || m.UnmarshalVT(e.Value) != nil {
				t.Fatal(err)
			}
			said[audience] = m.In && len(m.Rows) == 1
		}
		if diff := cmp.Diff(map[string]bool{"A": true, "B": true}, said); diff != "" {
			t.Errorf("in by its rows, -want +got:\n%s", diff)
		}
	})
}
