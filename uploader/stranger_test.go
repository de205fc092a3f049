package uploader

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

// out makes a record: the user is out of the audience, and has these rows.
func (w *world) out(audience, user string, rows ...string) consumer.Record {
	w.records++
	return w.record(audience, user, &musterpb.MemberRows{Incarnation: 1, Position: w.records, Rows: parseRows(rows...)})
}

// existing maps audience x to one that somebody filled by hand.
func (w *world) existing(emails ...string) (id string) {
	id = w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "by hand", "subtype": "CUSTOM"})
	for _, e := range emails {
		w.graph.AddRows(id, uploaded(parseRow("email:"+e)))
	}
	w.options.Audiences = map[string]AudienceOptions{"x": {FacebookID: facebook.AudienceID(id)}}
	w.restart()
	w.task.Takeover()
	return id
}

// Exits of people whom Muster did not send are no incident: they are not held, however
// many, and do not count for those who are.
func TestStrangersAreNotHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1}, graphtest.Options{})
		var emails []string
		for i := range 1500 {
			emails = append(emails, fmt.Sprint("stranger", i))
		}
		id := w.existing(emails...)
		w.crowd(0, 1100, true)
		var records []consumer.Record
		for _, e := range emails {
			records = append(records, w.out("x", e, "email:"+e))
		}
		w.task.Process(records...)
		w.run(2 * time.Hour)
		if s := w.state(); s.State != "waiting" || w.graph.Audience(id).Lines != 1100 {
			t.Fatalf("%d rows, shown as %v", w.graph.Audience(id).Lines, s)
		}
		w.crowd(0, 600, false) // more than half
		w.run(2 * time.Hour)
		if s := w.state(); s.State != "held" || w.graph.Audience(id).Lines != 1100 {
			t.Errorf("%d rows, shown as %v", w.graph.Audience(id).Lines, s)
		}
	})
}

// TestFoundAudience: an audience of this installation that is found again without any
// memory of it is of unknown content if it was ever filled.
func TestFoundAudience(t *testing.T) {
	t.Parallel()
	for _, filled := range []bool{false, true} {
		t.Run(fmt.Sprint("filled=", filled), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, Options{ResendOver: -1}, graphtest.Options{})
				id := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "x", "description": describe("", "test", "x")})
				if filled {
					w.graph.AddRows(id, uploaded(parseRow("email:former")))
				}
				w.enter("x", "u", "email:a")
				w.run(time.Hour)
				if s := w.state(); s.ContentUnknown != filled || s.FacebookId != id {
					t.Errorf("shown as %v", s)
				}
			})
		})
	}
}

// An existing audience ends with who is desired, and those of the ones before who never
// left by an exit (I6).
func TestExistingAudienceGivesDesired(t *testing.T) {
	t.Parallel()
	users := []string{"u1", "u2", "u3", "u4"}
	rapid.Check(t, func(r *rapid.T) {
		type word struct {
			user string
			in   bool
			wait time.Duration
			rows []string
		}
		words := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) word {
			user := rapid.SampledFrom(users).Draw(r, "user")
			w := word{
				user: user, in: rapid.Bool().Draw(r, "in"), wait: time.Duration(rapid.IntRange(0, 90).Draw(r, "wait")) * time.Second,
				rows: []string{"email:" + user},
			}
			if rapid.Bool().Draw(r, "phone") {
				w.rows = append(w.rows, "phone:"+user)
			}
			return w
		}), 1, 12).Draw(r, "words")
		crash := rapid.IntRange(0, 12).Draw(r, "crash")
		var wrong string
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, Options{Window: time.Minute, Quiet: 10 * time.Second, TakeoverWait: 25 * time.Second, ResendOver: -1}, graphtest.Options{})
			w.crashes = true
			id := w.existing(users...)
			want := map[string]bool{}
			for _, u := range users {
				want["email:"+u] = true
			}
			for i, word := range words {
				for _, row := range []string{"email:" + word.user, "phone:" + word.user} {
					want[row] = word.in && slices.Contains(word.rows, row)
				}
				if word.in {
					w.enter("x", word.user, word.rows...)
				} else {
					w.task.Process(w.out("x", word.user, word.rows...))
				}
				w.run(word.wait)
				if i == crash {
					w.task.Wipe()
					w.task.Takeover()
				}
			}
			w.run(30 * time.Minute)
			var wanted []string
			for row, in := range want {
				if in {
					u := uploaded(parseRow(row))
					wanted = append(wanted, strings.ReplaceAll(u.String(), " ", ""))
				}
			}
			slices.Sort(wanted)
			wrong = cmp.Diff(wanted, w.graph.Audience(id).Keys())
			for _, v := range w.graph.Violations() {
				wrong += fmt.Sprintf("violation: %v\n", v)
			}
		})
		if wrong != "" {
			r.Fatalf("-want +got:\n%s", wrong)
		}
	})
}

// Who leaves while the audience is replaced, and of whom the exit says more than was
// sent, leaves whole.
func TestStrangerLeavesDuringReplacement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Commands: commandTopic, ResendOver: -1, Window: 10 * time.Minute}, graphtest.Options{ReplaceDelay: 3 * time.Minute})
		id := w.existing("stranger")
		w.enter("x", "u1", "email:1")
		w.enter("x", "u2", "email:2")
		w.run(15 * time.Minute)
		w.enter("x", "u1", "email:3") // what was sent before stays synced beside it
		w.command(musterpb.Verb_VERB_REPLACE, "x")
		w.run(time.Minute)
		w.task.Process(w.out("x", "u1", "phone:1"))
		w.run(30 * time.Minute)
		if got := w.graph.Audience(id).Keys(); len(got) != 1 || w.state().ContentUnknown {
			t.Errorf("left is %v, shown as %v", got, w.shown)
		}
	})
}
