package uploader

import (
	"cmp"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// move is one thing that happens to an audience: what is desired of a user
// changes, an answer goes wrong, time passes.
type move struct {
	user  string
	rows  []string // none: the user leaves
	fault graphtest.Kind
	late  time.Duration // of the fault
	wait  time.Duration
}

func drawMove(t *rapid.T) move {
	seconds := func(most int, label string) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(t, label)) * time.Second
	}
	switch rapid.IntRange(0, 5).Draw(t, "move") {
	case 0, 1:
		return move{wait: seconds(90, "wait")}
	case 2:
		return move{late: seconds(19, "late"), fault: rapid.SampledFrom([]graphtest.Kind{
			graphtest.Code1, graphtest.HTTP503, graphtest.HTTP200Text, graphtest.Slow,
			graphtest.ResetBefore, graphtest.ResetAfter, graphtest.TimeoutBefore, graphtest.TimeoutAfter,
		}).Draw(t, "fault")}
	}
	return move{
		user: rapid.SampledFrom([]string{"u1", "u2", "u3"}).Draw(t, "user"),
		rows: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
			"email:1", "email:2", "email:1 phone:1", "email:2 phone:1", "phone:2", "email:1 fn:x", "email:1 fn:y", "phone:1 fn:x",
		}), 0, 2, rapid.ID[string]).Draw(t, "rows"),
	}
}

// Diff, then apply, gives what is desired: on the emulated Facebook, whatever
// fails, is not answered, or is applied late in between (I6).
func TestDiffThenApplyGivesDesired(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		moves := rapid.SliceOfN(rapid.Custom(drawMove), 1, 12).Draw(r, "moves")
		latency := time.Duration(rapid.IntRange(0, 2).Draw(r, "latency")) * time.Second
		maxRows := rapid.IntRange(2, 5).Draw(r, "rows of a batch")
		valued := rapid.Bool().Draw(r, "value-based")
		for i := range moves {
			for j := range moves[i].rows {
				if valued {
					moves[i].rows[j] += rapid.SampledFrom([]string{" lookalike_value:0", " lookalike_value:1.5"}).Draw(r, "value")
				}
			}
		}
		var wrong string
		synctest.Test(t, func(t *testing.T) { // nothing is drawn in a bubble: it has a goroutine of its own
			w := newWorld(t, Options{
				Window: time.Minute, Quiet: 10 * time.Second, SlowBeat: time.Minute, MaxRows: maxRows, ResendOver: -1,
				Audiences: map[string]AudienceOptions{"a": {ValueBased: valued}},
			}, graphtest.Options{Latency: latency, ApplyDelay: latency})
			for _, m := range moves {
				switch {
				case m.fault != "":
					w.graph.Inject(graphtest.Fault{Kind: m.fault, Delay: m.late, Match: graphtest.Match{Path: "/users"}})
				case m.user == "":
					w.run(m.wait)
				case len(m.rows) == 0:
					w.exit("a", m.user)
				default:
					w.enter("a", m.user, m.rows...)
				}
			}
			w.graph.ClearFaults()
			w.run(30 * time.Minute)
			wrong = w.wrong()
		})
		if wrong != "" {
			r.Fatalf("facebook is not what is desired:\n%s", wrong)
		}
	})
}

// emitted is what one owner of the former stage's task says of a user.
type emitted struct {
	user                  string
	incarnation, position int64
	row                   string
}

func (e emitted) desired() []*musterpb.Row {
	if e.row == "" {
		return nil
	}
	return parseRows(e.row)
}

// Any interleaving of what two owners emit, repeated at will and read in any
// batches, ends in the last word of the newer one, user by user; where it says
// nothing of a user, of the older one (I3).
func TestInterleavedOwnersEndInTheNewerState(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		// The newer owner's positions follow the older one's, or the changelog was
		// made anew between them.
		incarnation, position := int64(1), int64(1)
		say := func(label string) (all []emitted) {
			for range rapid.IntRange(0, 5).Draw(r, label) {
				// Several users may be said under one position, no user twice.
				position++
				all = append(all, emitted{
					rapid.SampledFrom([]string{"u1", "u2", "u3"}).Draw(r, "user"), incarnation, position,
					rapid.SampledFrom([]string{"", "email:1", "email:2", "phone:1"}).Draw(r, "row"),
				})
			}
			return all
		}
		older := say("older")
		if rapid.Bool().Draw(r, "made anew") {
			incarnation, position = 2, 0
		}
		newer := say("newer")
		want := map[string]string{}
		for _, e := range slices.Concat(older, newer) {
			want[e.user] = e.row
		}

		var mixed []emitted
		for len(older)+len(newer) > 0 {
			from := &older
			if len(older) == 0 || len(newer) > 0 && rapid.Bool().Draw(r, "newer next") {
				from = &newer
			}
			mixed = append(mixed, (*from)[0])
			if rapid.IntRange(0, 3).Draw(r, "again") > 0 { // else it is sent twice
				*from = (*from)[1:]
			} else if rapid.Bool().Draw(r, "from there on") {
				mixed = append(mixed, *from...)
			}
		}
		w := newWorld(t, Options{}, graphtest.Options{})
		defer w.task.Close()
		for len(mixed) > 0 {
			n := rapid.IntRange(1, len(mixed)).Draw(r, "batch")
			var batch []consumer.Record
			for _, e := range mixed[:n] {
				batch = append(batch, w.record("x", e.user, &musterpb.MemberRows{
					Incarnation: e.incarnation, Position: e.position, In: e.row != "", Rows: e.desired(),
				}))
			}
			w.task.Process(batch...)
			mixed = mixed[n:]
		}
		held := map[string][]*musterpb.Row{}
		for _, rec := range w.task.Changelog() {
			if _, user, err := schema.ParseMemberKey(rec.Key); err == nil && rec.Value != nil {
				m, err := decodeMember(rec.Value)
				if err != nil {
					r.Fatalf("decode member: %v", err)
				}
				held[string(user[:])] = m.Desired
			}
		}
		for _, user := range slices.SortedFunc(maps.Keys(want), cmp.Compare[string]) {
			key := userKey(user)
			if got := held[string(key[:])]; !sameRows(got, (emitted{row: want[user]}).desired()) {
				r.Fatalf("%s: desired %v, want %q", user, got, want[user])
			}
		}
	})
}
