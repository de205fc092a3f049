package consumer_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

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

// Where compaction took the fence that the table knows, the incarnation of the newest
// one tells whether this is its log; a log of that length without any is not.
func TestTableOfAnotherCompactedLogIsRefused(t *testing.T) {
	t.Parallel()
	for _, fenced := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			k := consumertest.NewTask(t, consumertest.Options{New: newSum("out")})
			k.Process(records(0, 3, false)...)
			time.Sleep(time.Second)
			other := consumertest.NewTask(t, consumertest.Options{New: newSum("out")})
			for i := range 9 {
				other.Process(records(3*i, 3, false)...)
			}
			end := consumer.Position(len(other.Changelog()))
			other.Takeover()
			other.Log().Compact()
			if !fenced {
				other.Log().Truncate(end)
			}
			k.ReplaceLog(other.Log())
			if err := k.TakeoverErr(); !errors.Is(err, consumer.ErrWipe) {
				t.Errorf("with a fence: %t; takeover returned %v, want ErrWipe", fenced, err)
			}
		})
	}
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

// A lease that ends while the task is taken over ends the takeover: no fence is
// written.
func TestNoFenceAfterTheLease(t *testing.T) {
	t.Parallel()
	lease := &endedLease{}
	k := consumertest.NewTask(t, consumertest.Options{New: newSum("out"), Lease: lease})
	k.Process(records(0, 3, false)...)
	before := len(k.Changelog())
	lease.over = true
	if err := k.TakeoverErr(); !errors.Is(err, consumer.ErrLeaseOver) {
		t.Errorf("takeover returned %v, want ErrLeaseOver", err)
	}
	if n := len(k.Changelog()); n != before {
		t.Errorf("changelog grew from %d to %d", before, n)
	}
}

// overtaken is a log to which somebody else writes just before its owner's first
// append.
type overtaken struct {
	consumer.Log
	first func()
}

func (o *overtaken) Append(ctx context.Context, at consumer.Position, writes []consumer.Write) (consumer.Position, error) {
	if o.first != nil {
		o.first()
		o.first = nil
	}
	return o.Log.Append(ctx, at, writes)
}

// Of two owners that meet an empty changelog, the one whose fence stands second begins
// anew, and the incarnation of what is said then is not before that of what the
// other one said: the versions of emissions would go back.
func TestTwoFirstOwners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &consumertest.Log{Unfenced: true} // as brokers are before the newer owner's first record
		table, err := consumer.OpenTable("table", consumer.TableOptions{FS: vfs.NewMem(), MemTableBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer table.Close()
		takeOver := func(l consumer.Log) (*consumer.Owner, error) {
			return consumer.TakeOver(t.Context(), consumer.OwnerOptions{
				Info: consumer.TaskInfo{Partitions: 1, Lease: &endedLease{}}, Log: l, Table: table, New: newSum("out"),
			})
		}
		_, err = takeOver(&overtaken{log.Writer(), func() {
			time.Sleep(time.Second)
			consumertest.NewTask(t, consumertest.Options{New: newSum("out"), Log: log}).Process(records(0, 3, false)...)
		}})
		if !errors.Is(err, consumer.ErrFenced) {
			t.Fatalf("takeover returned %v, want ErrFenced", err)
		}
		owner, err := takeOver(log.Writer())
		if err != nil {
			t.Fatal(err)
		}
		defer owner.Close()
		if err := owner.Process(t.Context(), records(3, 3, false), consumer.Offsets{"in": 6}); err != nil {
			t.Fatal(err)
		}
		var incarnations []int64
		for _, r := range log.Records() {
			var fence struct{ Incarnation int64 }
			if isFence(r) && json.Unmarshal(r.Value, &fence) == nil {
				incarnations = append(incarnations, fence.Incarnation)
			}
		}
		if last := incarnations[len(incarnations)-1]; last != slices.Max(incarnations) {
			t.Errorf("incarnations of the fences: %d, want the highest last", incarnations)
		}
	})
}

// starting notes what its owner finds, and records a fingerprint.
type starting struct {
	consumer.Processor
	found       *consumer.Start
	fingerprint string
}

func (s *starting) Start(ctx context.Context, tx *consumer.Tx, found consumer.Start) error {
	*s.found = found
	tx.SetFingerprint([]byte(s.fingerprint))
	return s.Processor.Start(ctx, tx, found)
}

// What a former owner wrote between the newer one's arrival and its fence counts: a
// release before it does not hold any more, and its fingerprint is the one that
// stands.
func TestFormerOwnerWritesBeforeTheFence(t *testing.T) {
	t.Parallel()
	log := &consumertest.Log{Unfenced: true} // as brokers are before the newer owner's first record
	var found consumer.Start
	starter := func(fingerprint string) func(consumer.TaskInfo) (consumer.Processor, error) {
		return func(i consumer.TaskInfo) (consumer.Processor, error) {
			p, err := newSum("out")(i)
			return &starting{p, &found, fingerprint}, err
		}
	}
	consumertest.NewTask(t, consumertest.Options{New: starter("first"), Log: log}).Release()
	for _, late := range []bool{false, true} {
		table, err := consumer.OpenTable("table", consumer.TableOptions{FS: vfs.NewMem(), MemTableBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer table.Close()
		writer := &overtaken{Log: log.Writer()}
		if late {
			writer.first = func() {
				consumertest.NewTask(t, consumertest.Options{New: starter("former"), Log: log}).Process(records(0, 3, false)...)
			}
		}
		owner, err := consumer.TakeOver(t.Context(), consumer.OwnerOptions{
			Info: consumer.TaskInfo{Partitions: 1, Lease: &endedLease{}}, Log: writer, Table: table, New: starter("newer"),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer owner.Close()
		want := map[bool]string{false: "first", true: "former"}[late]
		if found.CleanRelease == late || string(found.Fingerprint) != want {
			t.Errorf("a former owner in between: %t; clean release %t, fingerprint %q", late, found.CleanRelease, found.Fingerprint)
		}
		if err := owner.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
