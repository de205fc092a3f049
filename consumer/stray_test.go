package consumer_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/consumer"
	"muster/consumer/consumertest"
)

// logged is what a changelog says, strays left out: a count per key.
func logged(l []consumertest.Logged) map[string]uint64 {
	state := map[string]uint64{}
	for _, r := range l {
		switch {
		case len(r.Key) != 2 || r.Stray:
		case r.Value == nil:
			delete(state, string(r.Key))
		default:
			state[string(r.Key)] = binary.BigEndian.Uint64(r.Value[8:])
		}
	}
	return state
}

// counted is what the first n of records are counted as.
func counted(n int) map[string]uint64 {
	state := map[string]uint64{}
	for i := range n {
		state[fmt.Sprintf("k%d", i%3)]++
	}
	return state
}

func newUnfenced(t *testing.T) *consumertest.Task {
	return consumertest.NewTask(t, consumertest.Options{New: newSum("out"), Log: &consumertest.Log{Unfenced: true}})
}

func successor(t *testing.T, k *consumertest.Task) *consumertest.Task {
	t.Helper()
	return consumertest.NewTask(t, consumertest.Options{New: newSum("out"), Log: k.Log()})
}

func wantFenced(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, consumer.ErrFenced) {
		t.Fatalf("%s returned %v, want ErrFenced", what, err)
	}
}

// Without fencing a former owner that slept writes into the changelog. It emits
// nothing and commits nothing; the owner notices whatever it does next, and the
// changelog ends in what the owner knew, also after compaction.
func TestFormerOwnerWritesUnfenced(t *testing.T) {
	t.Parallel()
	for what, notice := range map[string]func(*consumertest.Task) error{
		"process": func(k *consumertest.Task) error { return k.ProcessErr(records(9, 3, false)...) },
		"verify":  (*consumertest.Task).VerifyErr,
		"renew":   (*consumertest.Task).RenewErr,
		"release": (*consumertest.Task).ReleaseErr,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			a := newUnfenced(t)
			a.Process(records(0, 3, false)...)
			b := successor(t, a)
			b.Process(records(3, 6, false)...)
			b.Emissions()
			before := len(b.Changelog())
			wantFenced(t, "the former owner's commit", a.ProcessErr(records(3, 3, false)...))
			if n := len(b.Changelog()); n != before+3 {
				t.Fatalf("the changelog grew from %d to %d: the former owner is not to write more than its one request", before, n)
			}
			if es := b.Emissions(); len(es) != 0 || b.Log().Offsets()["in"] != 9 {
				t.Errorf("the former owner emitted %d times, committed offset %d", len(es), b.Log().Offsets()["in"])
			}

			wantFenced(t, what, notice(b))
			if es := b.Emissions(); len(es) != 0 {
				t.Errorf("emitted %d times before the changelog was in order", len(es))
			}
			b.Takeover()
			if diff := cmp.Diff(counted(9), logged(b.Changelog())); diff != "" {
				t.Errorf("changelog: -want +got\n%s", diff)
			}
			b.Log().Compact()
			c := successor(t, b)
			c.Process(records(9, 3, true)...)
			if diff := cmp.Diff(counted(12), lastCounts(c.Emissions(), map[string]uint64{})); diff != "" {
				t.Errorf("emitted by an owner without a table: -want +got\n%s", diff)
			}
		})
	}
}

// A stray counts for nobody, also if the owner dies before it has noticed.
func TestStrayIsLeftOutByTheNextOwner(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{true, false} {
		a := newUnfenced(t)
		a.Process(records(0, 3, false)...)
		b := successor(t, a)
		b.Process(records(3, 6, false)...)
		wantFenced(t, "the former owner's commit", a.ProcessErr(records(3, 3, false)...))
		if !keep {
			b.Wipe()
		}
		b.Takeover()
		if n := b.Repaired(); n != 3 {
			t.Errorf("%d keys written again, want 3", n)
		}
		for range 2 { // with the table, and without
			b.Takeover()
			if n := b.Repaired(); n != 0 {
				t.Errorf("%d keys written again once more", n)
			}
			b.Wipe()
		}
		b.Log().Compact()
		b.Takeover()
		b.Emissions()
		b.Process(records(6, 3, true)...)
		if diff := cmp.Diff(counted(9), lastCounts(b.Emissions(), map[string]uint64{})); diff != "" {
			t.Errorf("with the table kept %t: -want +got\n%s", keep, diff)
		}
	}
}

// The next owner dies at its fence, or after it has restored strays and before it
// has written their keys again: the owner after it does.
func TestRepairSurvivesACrash(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 2; n++ {
		a := newUnfenced(t)
		a.Process(records(0, 3, false)...)
		b := successor(t, a)
		b.Process(records(3, 6, false)...)
		wantFenced(t, "the former owner's commit", a.ProcessErr(records(3, 3, false)...))
		b.Log().CrashAt = n
		if err := b.TakeoverErr(); !errors.Is(err, consumertest.ErrCrash) {
			t.Fatalf("takeover returned %v, want the crash at append %d", err, n)
		}
		b.Takeover()
		b.Log().Compact()
		if diff := cmp.Diff(counted(9), logged(b.Changelog())); diff != "" {
			t.Errorf("crash at append %d: -want +got\n%s", n, diff)
		}
	}
}

// A request that was stored twice counts once, and what it says is emitted once its
// records were read again.
func TestAppendStoredTwice(t *testing.T) {
	t.Parallel()
	a := newUnfenced(t)
	a.Process(records(0, 3, false)...)
	a.Emissions()
	a.Log().Twice = 1
	wantFenced(t, "a commit that is stored twice", a.ProcessErr(records(3, 3, false)...))
	if es := a.Emissions(); len(es) != 0 || a.Log().Offsets()["in"] != 3 {
		t.Errorf("emitted %d times, committed offset %d", len(es), a.Log().Offsets()["in"])
	}
	a.Takeover()
	a.Process(records(3, 3, true)...)
	if diff := cmp.Diff(counted(6), lastCounts(a.Emissions(), map[string]uint64{})); diff != "" {
		t.Errorf("emitted: -want +got\n%s", diff)
	}
	a.Log().Compact()
	if diff := cmp.Diff(counted(6), logged(a.Changelog())); diff != "" {
		t.Errorf("changelog: -want +got\n%s", diff)
	}
	// The fence too may be stored twice.
	a.Log().Twice = 1
	a.Takeover()
	a.Process(records(6, 3, false)...)
}

// A former owner's release and fingerprint do not count: it knows neither what the
// present owner has in flight nor what it has emitted.
func TestStrayFences(t *testing.T) {
	t.Parallel()
	var seen []consumer.Start
	o := consumertest.Options{Log: &consumertest.Log{Unfenced: true}, New: func(i consumer.TaskInfo) (consumer.Processor, error) {
		return &starter{sum: sum{info: i, output: "out"}, seen: &seen}, nil
	}}
	a := consumertest.NewTask(t, o)
	b := consumertest.NewTask(t, o)
	wantFenced(t, "the former owner's release", a.ReleaseErr())
	b.Takeover()
	if seen[2].CleanRelease {
		t.Error("a former owner released the task")
	}
	a = consumertest.NewTask(t, o)
	b.Takeover()
	_, err := a.TickErr() // sets a fingerprint
	wantFenced(t, "the former owner's tick", err)
	b.Takeover()
	if f := seen[len(seen)-1].Fingerprint; f != nil {
		t.Errorf("a former owner set the fingerprint %q", f)
	}
}

// starter notes what it starts from and sets a fingerprint when ticked.
type starter struct {
	sum
	seen *[]consumer.Start
}

func (p *starter) Start(_ context.Context, _ *consumer.Tx, s consumer.Start) error {
	*p.seen = append(*p.seen, s)
	return nil
}

func (p *starter) Tick(ctx context.Context, tx *consumer.Tx) (next time.Time, err error) {
	tx.SetFingerprint([]byte("f"))
	return p.sum.Tick(ctx, tx)
}

// Any interleaving of owners without fencing ends in the state of the newest:
// former owners write when they wake up, between any two requests of the newest;
// requests are stored twice; owners die unnoticed, with their disks or without;
// once an owner has noticed, the log may be compacted.
func TestUnfencedOwnersInterleave(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := newUnfencedHistory(t, rt)
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			h.step()
		}
		h.settle()
		h.check()
	})
}

// unfencedHistory is a sequence of owners and what they should have counted.
type unfencedHistory struct {
	t       *testing.T
	rt      *rapid.T
	log     *consumertest.Log
	owner   *consumertest.Task
	former  []*consumertest.Task // asleep, each before a write
	waking  bool
	replay  bool
	read    int // records consumed
	emitted map[string]uint64
}

func newUnfencedHistory(t *testing.T, rt *rapid.T) *unfencedHistory {
	h := &unfencedHistory{t: t, rt: rt, log: &consumertest.Log{Unfenced: true}, emitted: map[string]uint64{}}
	h.owner = h.newOwner()
	h.log.Before = func() {
		if !h.waking && len(h.former) > 0 && rapid.IntRange(0, 5).Draw(rt, "wake") == 0 {
			h.wake()
		}
	}
	return h
}

func (h *unfencedHistory) newOwner() *consumertest.Task {
	return consumertest.NewTask(h.t, consumertest.Options{New: newSum("out"), Log: h.log, MemTableBytes: 64 << 10})
}

func (h *unfencedHistory) step() {
	switch rapid.SampledFrom([]string{"process", "process", "succeed", "twice", "crash", "wipe", "verify", "compact"}).Draw(h.rt, "step") {
	case "process":
		h.process(rapid.IntRange(1, 5).Draw(h.rt, "records"))
	case "succeed":
		h.former = append(h.former, h.owner)
		h.waking = true
		h.owner = h.newOwner()
		h.waking = false
		h.again()
	case "twice":
		h.log.Twice = 1
	case "crash":
		h.again()
	case "wipe":
		h.owner.Wipe()
		h.again()
	case "verify":
		if h.owner.VerifyErr() != nil {
			h.again()
		}
	case "compact":
		h.settle()
		h.log.Compact()
	}
}

// wake has a former owner do the write before which it fell asleep.
func (h *unfencedHistory) wake() {
	h.waking = true
	defer func() { h.waking = false }()
	z := h.former[0]
	defer z.Close()
	h.former = h.former[1:]
	h.note()
	twice := h.log.Twice
	h.log.Twice = 0
	var err error
	switch rapid.IntRange(0, 2).Draw(h.rt, "write") {
	case 0:
		ahead := rapid.IntRange(0, 3).Draw(h.rt, "ahead") // of what it has seen: a commit that logs
		err = z.ProcessErr(records(h.read+ahead, 6, true)...)
	case 1:
		err = z.ReleaseErr()
	case 2:
		err = z.RenewErr()
	}
	h.log.Twice = twice
	if !errors.Is(err, consumer.ErrFenced) {
		h.rt.Fatalf("a former owner's write returned %v, want ErrFenced", err)
	}
	if es := h.owner.Emissions(); len(es) != 0 {
		h.rt.Fatalf("a former owner emitted %d times", len(es))
	}
}

// note keeps what was emitted last of each key.
func (h *unfencedHistory) note() { lastCounts(h.owner.Emissions(), h.emitted) }

func (h *unfencedHistory) process(n int) {
	for {
		err := h.owner.ProcessErr(records(h.read, n, h.replay)...)
		if err == nil {
			break
		}
		wantFencedBy(h.rt, err)
		h.again()
	}
	h.replay = false
	h.read += n
	h.note()
}

// again takes over anew with the same disk.
func (h *unfencedHistory) again() {
	for {
		err := h.owner.TakeoverErr()
		if err == nil {
			break
		}
		wantFencedBy(h.rt, err)
	}
	h.replay = true
}

// settle lets the owner notice all that was written, until nobody writes any more.
func (h *unfencedHistory) settle() {
	for h.owner.VerifyErr() != nil {
		h.again()
	}
}

func wantFencedBy(rt *rapid.T, err error) {
	if !errors.Is(err, consumer.ErrFenced) {
		rt.Fatalf("the newest owner got %v", err)
	}
}

func (h *unfencedHistory) check() {
	if diff := cmp.Diff(counted(h.read), logged(h.log.Records())); diff != "" {
		h.rt.Errorf("changelog: -want +got\n%s", diff)
	}
	if diff := cmp.Diff(counted(h.read), maps.Clone(h.emitted)); diff != "" {
		h.rt.Errorf("emitted: -want +got\n%s", diff)
	}
	h.log.Before = nil
	h.owner.Wipe()
	h.owner.Takeover()
	h.owner.Emissions()
	h.owner.Process(records(max(0, h.read-3), min(h.read, 3), true)...)
	if diff := cmp.Diff(counted(h.read), lastCounts(h.owner.Emissions(), map[string]uint64{})); diff != "" {
		h.rt.Errorf("restored: -want +got\n%s", diff)
	}
	h.owner.Close()
	for _, z := range h.former {
		z.Close()
	}
}
