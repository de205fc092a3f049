package consumer_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer"
	"muster/consumer/consumertest"
)

func records(from, n int, replay bool) []consumer.Record {
	rs := make([]consumer.Record, n)
	for i := range rs {
		at := from + i
		rs[i] = consumer.Record{Topic: "in", Offset: int64(at), Key: fmt.Appendf(nil, "k%d", at%3), Replay: replay}
	}
	return rs
}

func lastCounts(es []consumer.Emission, into map[string]uint64) map[string]uint64 {
	for _, e := range es {
		into[string(e.Key)] = binary.BigEndian.Uint64(e.Value)
	}
	return into
}

// A crash at any step of a commit, with the table kept or lost: reading again
// from the committed offsets ends with every count emitted as it should be.
func TestCrashAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, step := range []consumer.Step{consumer.BeforeLog, consumer.AfterLog, consumer.AfterEmit, consumer.AfterTable} {
		for _, wipe := range []bool{false, true} {
			t.Run(fmt.Sprintf("step %d wipe %v", step, wipe), func(t *testing.T) {
				t.Parallel()
				k := consumertest.NewTask(t, consumertest.Options{New: newSum("out")})
				k.Process(records(0, 6, false)...)
				counts := lastCounts(k.Emissions(), map[string]uint64{})

				k.FailAt(step)
				if err := k.ProcessErr(records(6, 6, false)...); !errors.Is(err, consumertest.ErrCrash) {
					t.Fatalf("commit returned %v, want the crash", err)
				}
				if wipe {
					k.Wipe()
				}
				k.Takeover()
				if got := k.Log().Offsets()["in"]; got != 6 {
					t.Fatalf("committed offset %d after the crash, want 6", got)
				}
				k.Process(records(6, 6, true)...)
				lastCounts(k.Emissions(), counts)
				for key, n := range counts {
					if n != 4 {
						t.Errorf("%s emitted as %d, want 4", key, n)
					}
				}
			})
		}
	}
}

// Of two owners the newer one writes; the older is refused, and what it tried
// is nowhere (I3).
func TestOlderOwnerIsFenced(t *testing.T) {
	t.Parallel()
	a := consumertest.NewTask(t, consumertest.Options{New: newSum("out")})
	a.Process(records(0, 3, false)...)
	b := consumertest.NewTask(t, consumertest.Options{New: newSum("out"), Log: a.Log()})
	before := len(b.Changelog())
	if err := a.ProcessErr(records(3, 3, false)...); !errors.Is(err, consumer.ErrFenced) {
		t.Fatalf("former owner's commit returned %v, want ErrFenced", err)
	}
	if n := len(b.Changelog()); n != before {
		t.Errorf("changelog grew from %d to %d by a fenced owner", before, n)
	}
	if got := b.Log().Offsets()["in"]; got != 3 {
		t.Errorf("committed offset %d, want 3: a fenced owner's", got)
	}
	b.Process(records(3, 3, true)...)
	for key, n := range lastCounts(b.Emissions(), map[string]uint64{}) {
		if n != 2 {
			t.Errorf("%s emitted as %d, want 2", key, n)
		}
	}
}

// A table that is ahead of its log, or of another log, is refused.
func TestForeignTableIsRefused(t *testing.T) {
	t.Parallel()
	t.Run("ahead of its log", func(t *testing.T) {
		t.Parallel()
		k := consumertest.NewTask(t, consumertest.Options{New: newSum("out")})
		k.Process(records(0, 9, false)...)
		k.ReplaceLog(&consumertest.Log{})
		if err := k.TakeoverErr(); !errors.Is(err, consumer.ErrWipe) {
			t.Errorf("takeover returned %v, want ErrWipe", err)
		}
	})
	t.Run("of another incarnation", func(t *testing.T) {
		t.Parallel()
		k := consumertest.NewTask(t, consumertest.Options{New: newSum("out")})
		k.Process(records(0, 3, false)...)
		other := consumertest.NewTask(t, consumertest.Options{New: newSum("out")})
		for i := range 9 {
			other.Process(records(3*i, 3, false)...)
		}
		k.ReplaceLog(other.Log())
		if err := k.TakeoverErr(); !errors.Is(err, consumer.ErrWipe) {
			t.Errorf("takeover returned %v, want ErrWipe", err)
		}
		k.Wipe()
		k.Takeover()
		k.Process(records(0, 3, true)...)
		for key, n := range lastCounts(k.Emissions(), map[string]uint64{}) {
			if n != 9 {
				t.Errorf("%s emitted as %d after the restore, want 9", key, n)
			}
		}
	})
}

// A table that is ahead of its own log, which lost its end, is no copy of it any
// more, though the fence that it knows is still there.
func TestTableAheadOfACutLogIsRefused(t *testing.T) {
	t.Parallel()
	k := consumertest.NewTask(t, consumertest.Options{New: newSum("out")})
	k.Process(records(0, 9, false)...)
	end := consumer.Position(len(k.Changelog()))
	k.Takeover() // the table ends with a fence that it knows: it is the last record
	k.Log().Truncate(end)
	if err := k.TakeoverErr(); !errors.Is(err, consumer.ErrWipe) {
		t.Errorf("takeover with the fence cut off returned %v, want ErrWipe", err)
	}

	k = consumertest.NewTask(t, consumertest.Options{New: newSum("out")})
	k.Process(records(0, 9, false)...)
	k.Log().Truncate(end - 1) // the fence stands, the last count is gone
	if err := k.TakeoverErr(); !errors.Is(err, consumer.ErrWipe) {
		t.Errorf("takeover with a record cut off returned %v, want ErrWipe", err)
	}
	k.Wipe()
	k.Takeover()
}

// Two changelogs may begin in the same millisecond, and so have one incarnation:
// whose fence stands at its place tells them apart.
func TestTableOfTheSameMillisecondIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := consumertest.NewTask(t, consumertest.Options{New: newSum("out")})
		k.Process(records(0, 3, false)...)
		other := consumertest.NewTask(t, consumertest.Options{New: newSum("out")})
		for i := range 9 {
			other.Process(records(3*i, 3, false)...)
		}
		if a, b := k.Changelog()[0].Time, other.Changelog()[0].Time; !a.Equal(b) {
			t.Fatalf("they began at %s and %s", a, b)
		}
		k.ReplaceLog(other.Log())
		if err := k.TakeoverErr(); !errors.Is(err, consumer.ErrWipe) {
			t.Errorf("takeover returned %v, want ErrWipe", err)
		}
	})
}

// Positions predicted by Put are those the log gave, fences between them.
func TestPositionsArePredicted(t *testing.T) {
	t.Parallel()
	k := consumertest.NewTask(t, consumertest.Options{New: newSum("out")})
	k.Process(records(0, 5, false)...)
	k.Takeover()
	k.Process(records(5, 5, false)...)
	for i, r := range k.Changelog() {
		if r.Position != consumer.Position(i) {
			t.Errorf("record %d is at position %d", i, r.Position)
		}
	}
}

// endedLease is over as soon as a test says so.
type endedLease struct{ over bool }

func (l *endedLease) Until() time.Time { return time.Now().Add(time.Hour) }

func (l *endedLease) MayAct() error {
	if l.over {
		return consumer.ErrLeaseOver
	}
	return nil
}

// When the lease is over nothing is written, not even a release: the log may
// have another owner who has not written yet (I3).
func TestNothingIsWrittenAfterTheLease(t *testing.T) {
	t.Parallel()
	lease := &endedLease{}
	k := consumertest.NewTask(t, consumertest.Options{New: newSum("out"), Lease: lease})
	k.Process(records(0, 3, false)...)
	k.Emissions()
	before := len(k.Changelog())
	lease.over = true
	for what, act := range map[string]func() error{
		"process": func() error { return k.ProcessErr(records(3, 3, false)...) },
		"release": k.ReleaseErr,
		"renew":   k.RenewErr,
	} {
		if err := act(); !errors.Is(err, consumer.ErrLeaseOver) {
			t.Errorf("%s returned %v, want ErrLeaseOver", what, err)
		}
	}
	if n := len(k.Changelog()); n != before || len(k.Emissions()) > 0 || k.Log().Offsets()["in"] != 3 {
		t.Errorf("changelog grew from %d to %d, offset %d", before, n, k.Log().Offsets()["in"])
	}
}
