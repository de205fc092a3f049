package uploader

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook/graphtest"
)

// TestVersions: an older emission changes nothing, the same costs no write, a
// newer one is logged even when its rows are equal.
func TestVersions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{}, graphtest.Options{})
		a, b := parseRows("email:a"), parseRows("email:b")
		for _, tt := range []struct {
			incarnation, position int64
			rows                  []*musterpb.Row
			writes                int
			want                  []*musterpb.Row
		}{
			{1, 5, a, 2, a}, // the audience's row and the member
			{1, 5, a, 0, a},
			{1, 4, b, 0, a},
			{1, 6, a, 1, a},
			{1, 6, b, 1, b}, // the same version again with better rules
			{2, 1, a, 1, a},
			{1, 9, b, 0, a},
		} {
			before := len(w.task.Changelog())
			w.task.Process(w.record("x", "u", &musterpb.MemberRows{Incarnation: tt.incarnation, Position: tt.position, In: true, Rows: tt.rows}))
			log := w.task.Changelog()
			if n := len(log) - before; n != tt.writes {
				t.Errorf("%d/%d: %d writes, want %d", tt.incarnation, tt.position, n, tt.writes)
			}
			m, err := decodeMember(log[len(log)-1].Value)
			if err != nil {
				t.Fatal(err)
			}
			if !sameRows(m.Desired, tt.want) {
				t.Errorf("%d/%d: desired %v", tt.incarnation, tt.position, m.Desired)
			}
		}
	})
}

func TestSeveralOfOneMember(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{}, graphtest.Options{})
		before := len(w.task.Changelog())
		w.task.Process(w.says("x", "u", true, parseRows("email:a")...), w.says("x", "u", false), w.says("x", "u", true, parseRows("email:b")...))
		if n := len(w.task.Changelog()) - before; n != 2 {
			t.Errorf("%d writes, want 2: audience and member", n)
		}
	})
}

func TestTwoSources(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		health := &Health{}
		w := newWorld(t, Options{Health: health, Logger: slog.New(slog.NewTextHandler(&log, nil))}, graphtest.Options{})
		w.enter("x", "u", "email:a")
		kept := w.desired["x"]["u"]
		w.task.Process(w.record("x", "u", &musterpb.MemberRows{Incarnation: 1, Position: 99, SourcePartition: 1, In: true, Rows: parseRows("email:b")}))
		w.desired["x"]["u"] = kept
		w.run(2 * time.Minute)
		w.converged()
		a := w.task.Processor().(*task).audiences["x"]
		if len(a.row.Alarms) != 1 || a.row.Alarms[0] != alarmTwoSources {
			t.Errorf("alarms %v", a.row.Alarms)
		}
		// A member's first word may come from any partition.
		w.task.Process(w.record("x", "u2", &musterpb.MemberRows{Incarnation: 1, Position: 99, SourcePartition: 1, In: true, Rows: parseRows("email:c")}))
		w.run(2 * time.Hour)
		w.converged()
		if n := health.TwoSources()["x"]; n != 1 || !strings.Contains(log.String(), "sources[].repartition: true") {
			t.Errorf("%d records counted; log:\n%s", n, &log)
		}
	})
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{}, graphtest.Options{})
		good := w.says("x", "u", true, parseRows("email:a")...)
		noKey, noUser, noProto, tombstone := good, good, good, good
		noKey.Key, noUser.Key, noProto.Value, tombstone.Value = nil, []byte("x"), []byte{0xff}, nil
		w.task.Process(noKey, noUser, noProto, tombstone, good)
		d := w.task.DeadLetters()
		if len(d) != 3 {
			t.Fatalf("%d dead letters, want 3: %+v", len(d), d)
		}
		for _, x := range d {
			if x.Reason != "bad_record" || x.Topic != "muster.members" || x.Offset != good.Offset {
				t.Errorf("dead letter %+v", x)
			}
		}
		w.run(2 * time.Minute)
		w.converged()
	})
}

// TestForgotten: an emptied member keeps its version, then becomes a tombstone.
func TestForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{}, graphtest.Options{})
		w.enter("x", "u", "email:a")
		w.run(2 * time.Minute)
		w.exit("x", "u")
		w.run(6 * 24 * time.Hour)
		late := &musterpb.MemberRows{Incarnation: 1, Position: 1, In: true, Rows: parseRows("email:a")}
		w.task.Process(w.record("x", "u", late))
		w.desired["x"]["u"] = nil
		w.run(2 * 24 * time.Hour)
		w.converged()
		var last *consumer.LogRecord
		for _, l := range w.task.Changelog() {
			if len(l.Key) > len("x") && l.Key[0] == 'x' {
				last = &l
			}
		}
		if last == nil || last.Value != nil {
			t.Errorf("the member is not forgotten: %+v", last)
		}
		if a := w.task.Processor().(*task).audiences["x"]; a.counts != (counts{}) {
			t.Errorf("counts %+v", a.counts)
		}
	})
}
