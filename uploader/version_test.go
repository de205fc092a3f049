package uploader

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// The emissions of two owners of the former stage's task, the older a zombie's,
// each in its order and otherwise mixed: the newer one's last word stands in
// Facebook (I3).
func TestNewerOwnerHasTheLastWord(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			w := newWorld(t, Options{ResendOver: -1}, graphtest.Options{})
			user := func() string { return []string{"u1", "u2"}[r.IntN(2)] }
			// Positions of the newer owner follow all that the older one has logged.
			emit := func(n, from int, rows ...string) (all []said) {
				for i := range n {
					s := said{user: user(), position: int64(from + i)}
					if r.IntN(3) > 0 {
						s.rows = parseRows(rows[r.IntN(len(rows))])
					}
					all = append(all, s)
				}
				return all
			}
			older, newer := emit(1+r.IntN(5), 1, "email:a", "email:b phone:p"), emit(2+r.IntN(5), 10, "email:c", "email:a", "phone:q")
			last := map[string]said{}
			for _, s := range append(older[:len(older):len(older)], newer...) {
				last[s.user] = s
			}
			for len(older)+len(newer) > 0 {
				from := &older
				if len(older) == 0 || len(newer) > 0 && r.IntN(2) == 0 {
					from = &newer
				}
				s := (*from)[0]
				*from = (*from)[1:]
				w.task.Process(s.record(w))
				if r.IntN(3) == 0 {
					w.run(time.Duration(r.IntN(120)) * time.Second)
				}
			}
			for _, s := range last {
				w.desired["x"][s.user] = s.rows
			}
			w.run(3 * time.Hour)
			if d := w.wrong(); d != "" {
				t.Errorf("seed %d: %s", seed, d)
			}
		})
	}
}

// said is one emission.
type said struct {
	user     string
	position int64
	rows     []*musterpb.Row
}

func (s said) record(w *world) consumer.Record {
	return w.record("x", s.user, &musterpb.MemberRows{Incarnation: 1, Position: s.position, In: s.rows != nil, Rows: s.rows})
}
