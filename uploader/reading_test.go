package uploader

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// TestCoverage: how many members carry which identifier, and why others have no
// rows, follows members as they come, change, leave, and are restored.
func TestCoverage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{}, graphtest.Options{})
		w.enter("x", "u1", "email:a fn:x", "phone:p fn:x")
		w.enter("x", "u2", "email:b")
		w.enter("x", "u3", "email:c")
		for user, why := range map[string]musterpb.Unmatchable{
			"n1": musterpb.Unmatchable_UNMATCHABLE_UNKNOWN, "n2": musterpb.Unmatchable_UNMATCHABLE_WEAK,
			"n3": musterpb.Unmatchable_UNMATCHABLE_WEAK, "n4": musterpb.Unmatchable_UNMATCHABLE_NOT_CHOSEN,
		} {
			w.without("x", user, why)
		}
		w.exit("x", "u3")
		w.without("x", "n3", musterpb.Unmatchable_UNMATCHABLE_UNKNOWN) // less is known of n3 than was
		check := func(when string) {
			t.Helper()
			s := w.state()
			got := map[schema.Key]int64{}
			for k, n := range s.Coverage {
				if n != 0 {
					got[schema.Key(k)] = n
				}
			}
			if len(got) != 3 || got[schema.Email] != 2 || got[schema.Phone] != 1 || got[schema.FN] != 1 {
				t.Errorf("%s: coverage %v, want 2 emails, 1 phone, 1 first name", when, got)
			}
			if want := []int64{0, 2, 1, 1}; !slices.Equal(s.UnmatchableBy, want) || s.Unmatchable != 4 {
				t.Errorf("%s: without rows %v of %d, want %v", when, s.UnmatchableBy, s.Unmatchable, want)
			}
		}
		check("at first")
		w.task.Takeover()
		check("after a takeover")
		w.task.Wipe()
		w.task.Takeover()
		check("restored")
	})
}

func (w *world) without(audience, user string, why musterpb.Unmatchable) {
	w.t.Helper()
	w.records++
	w.task.Process([]consumer.Record{w.record(audience, user, &musterpb.MemberRows{Incarnation: 1, Position: w.records, In: true, Unmatchable: why})}...)
}

// TestReading: Facebook is asked for an audience's size now and then, and not
// while requests are scarce.
func TestReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ReadEvery: 6 * time.Hour}, graphtest.Options{})
		w.crowd(0, 30, true)
		w.run(8 * time.Hour)
		first := w.state().Reading
		if first == nil || first.Delivery == 0 || first.Operation == 0 {
			t.Fatalf("reading %v", first)
		}
		if age := time.Since(time.UnixMilli(first.ReadMs)); age < 0 || age > 6*time.Hour+time.Minute {
			t.Errorf("read %s ago", age)
		}
		w.run(7 * time.Hour)
		second := w.state().Reading
		if d := time.UnixMilli(second.ReadMs).Sub(time.UnixMilli(first.ReadMs)); d < 6*time.Hour || d > 6*time.Hour+time.Minute {
			t.Errorf("read again after %s", d)
		}
		w.task.Takeover()
		w.run(time.Hour)
		if got := w.state().Reading; !got.EqualVT(second) {
			t.Errorf("a takeover asked again, or forgot: %v, had %v", got, second)
		}
	})
}
