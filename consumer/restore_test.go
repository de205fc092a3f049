package consumer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"muster/consumer"
	"muster/consumer/consumertest"
)

// keep is a stage whose table holds the records. Of a record that it reads again
// it notes what the table holds.
type keep struct {
	sum
	found map[string]string
}

func newKeep(found map[string]string) func(consumer.TaskInfo) (consumer.Processor, error) {
	return func(i consumer.TaskInfo) (consumer.Processor, error) { return &keep{sum{info: i}, found}, nil }
}

func (k *keep) Process(_ context.Context, tx *consumer.Tx, records []consumer.Record) error {
	for _, r := range records {
		if !r.Replay {
			tx.Put(r.Key, r.Value)
			continue
		}
		v, err := tx.Value(r.Key)
		if err != nil {
			return err
		}
		k.found[string(r.Key)] = string(v)
	}
	return nil
}

// big makes n records of 64 KiB.
func big(from, n int, seed byte) []consumer.Record {
	rs := records(from, n, false)
	for i := range rs {
		rs[i].Key = fmt.Appendf(nil, "k%d", from+i)
		rs[i].Value = bytes.Repeat([]byte{seed, byte(from + i)}, 32<<10)
	}
	return rs
}

// bigLog is a changelog that takes the table several writes to restore.
func bigLog(t *testing.T, seed byte) *consumertest.Log {
	t.Helper()
	k := consumertest.NewTask(t, consumertest.Options{New: newKeep(nil)})
	for i := range 4 {
		k.Process(big(50*i, 50, seed)...)
	}
	k.Takeover() // so that the last fence stands at the end
	k.Close()
	return k.Log()
}

// brittle reads a changelog as compaction leaves it, of its fences the last one
// only, and breaks off after so many records.
type brittle struct {
	consumer.Log
	log    *consumertest.Log
	breaks int
	gone   consumer.Position // one more record that compaction took
	began  consumer.Position // where the restore began
}

var errBroken = errors.New("the connection broke")

func (b *brittle) Read(ctx context.Context, from, to consumer.Position) iter.Seq2[consumer.LogRecord, error] {
	last := consumer.NoPosition
	for _, r := range b.log.Records() {
		if isFence(r) {
			last = r.Position
		}
	}
	return func(yield func(consumer.LogRecord, error) bool) {
		if to > from+1 && b.began == consumer.NoPosition {
			b.began = from
		}
		read := 0
		for r, err := range b.Log.Read(ctx, from, to) {
			if isFence(r) && r.Position != last || r.Position == b.gone {
				continue
			}
			if read++; read > b.breaks {
				r, err = consumer.LogRecord{}, errBroken
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func isFence(r consumer.LogRecord) bool { return bytes.HasPrefix(r.Key, []byte("\x00")) }

// restoring is a replica that takes a task over, again and again.
type restoring struct {
	t      *testing.T
	fs     vfs.FS
	log    *consumertest.Log
	breaks int
	gone   consumer.Position
	// Of the last takeover: where it began to read, how far the table came.
	began, reached consumer.Position
	found          map[string]string
}

func newRestoring(t *testing.T) *restoring {
	return &restoring{t: t, fs: vfs.NewMem(), log: bigLog(t, 1), breaks: 100, gone: consumer.NoPosition}
}

// takeOver takes the task over, asks for all records once it is the owner, and
// gives it up.
func (r *restoring) takeOver() error {
	r.t.Helper()
	table, err := consumer.OpenTable("table", consumer.TableOptions{FS: r.fs, MemTableBytes: 1 << 20})
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() {
		r.reached = table.Position()
		if err := table.Close(); err != nil {
			r.t.Error(err)
		}
	}()
	r.found = map[string]string{}
	b := &brittle{Log: r.log.Writer(), log: r.log, breaks: r.breaks, gone: r.gone, began: consumer.NoPosition}
	owner, err := consumer.TakeOver(r.t.Context(), consumer.OwnerOptions{
		Info: consumer.TaskInfo{Partitions: 1, Lease: &endedLease{}}, Log: b, Table: table, New: newKeep(r.found), MaxTableAge: 6 * 24 * time.Hour,
	})
	r.began = b.began
	if err != nil {
		return err
	}
	defer owner.Close()
	return owner.Process(r.t.Context(), again(big(0, 200, 0)), nil)
}

func again(rs []consumer.Record) []consumer.Record {
	for i := range rs {
		rs[i].Replay = true
	}
	return rs
}

// holds checks that the table was a copy of the log of the seed.
func (r *restoring) holds(seed byte, but ...string) {
	r.t.Helper()
	want := map[string]string{}
	for _, rec := range big(0, 200, seed) {
		want[string(rec.Key)] = string(rec.Value)
	}
	for _, key := range but {
		want[key] = ""
	}
	if !maps.Equal(r.found, want) {
		r.t.Error("the restored table is not a copy of the changelog")
	}
}

// A restore that is broken off goes on where it was, however often: one that
// began anew each time would never end where owners change more often than it
// takes. Which log it restores is not known yet, since the fence stands at its end.
func TestRestoreGoesOn(t *testing.T) {
	t.Parallel()
	r := newRestoring(t)
	tries, reached := 1, consumer.NoPosition
	for ; ; tries++ {
		err := r.takeOver()
		if r.began != reached+1 && reached != consumer.NoPosition {
			t.Fatalf("try %d began at %d, the one before had come to %d", tries, r.began, reached)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, errBroken) || r.reached <= reached {
			t.Fatalf("try %d came from %d to %d: %v", tries, reached, r.reached, err)
		}
		reached = r.reached
	}
	if tries < 2 {
		t.Error("it was not broken off")
	}
	r.holds(1)
}

// What was restored of one log is not gone on with from another, nor where it
// cannot be told.
func TestRestoreOfAnotherLogBeginsAnew(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*restoring){
		"log made anew":            func(r *restoring) { r.log = bigLog(r.t, 2) },
		"the same was said anew":   func(r *restoring) { r.log = bigLog(r.t, 1) },
		"compaction took the mark": func(r *restoring) { r.gone = r.reached },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRestoring(t)
			if err := r.takeOver(); !errors.Is(err, errBroken) || r.reached == consumer.NoPosition {
				t.Fatalf("first try came to %d: %v", r.reached, err)
			}
			change(r)
			r.breaks = 1000
			if err := r.takeOver(); !errors.Is(err, consumer.ErrWipe) {
				t.Errorf("takeover returned %v, want ErrWipe", err)
			}
		})
	}
}
