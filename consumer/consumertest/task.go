// Package consumertest runs one task of a stage without Kafka: the engine's own
// log-first protocol over a changelog in memory and a table on a memory file
// system, with crashes at every step of a commit.
package consumertest

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"muster/consumer"
)

// ErrCrash is what a commit returns where FailAt made it crash.
var ErrCrash = errors.New("crash of the test")

// Options configure NewTask.
type Options struct {
	Stage      string
	Partition  int
	Partitions int            // default 1
	Lease      consumer.Lease // default: an hour from any moment
	New        func(consumer.TaskInfo) (consumer.Processor, error)
	// Log, if set, is shared with other tasks of the test: two owners of one task.
	Log *Log
	// Disk, if set, holds the table. A task on it takes over by Recover.
	Disk *Disk
	// MemTableBytes is that of the table. Default 1 MiB.
	MemTableBytes uint64
}

// Task is one owner of a task. It is not safe for concurrent use.
type Task struct {
	t          testing.TB
	o          Options
	fs         vfs.FS
	log        *Log
	table      *consumer.Table
	owner      *consumer.Owner
	generation int32
	crash      consumer.Step
	crashing   bool
}

// NewTask takes the task over and closes it at the end of the test.
func NewTask(t testing.TB, o Options) *Task {
	t.Helper()
	if o.Partitions == 0 {
		o.Partitions = 1
	}
	if o.Lease == nil {
		o.Lease = longLease{}
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = 1 << 20
	}
	k := &Task{t: t, o: o, log: o.Log}
	if k.log == nil {
		k.log = &Log{}
	}
	if o.Disk == nil {
		k.fs = vfs.NewMem()
	}
	t.Cleanup(k.Close)
	if o.Disk != nil {
		k.Recover()
	} else {
		k.Takeover()
	}
	return k
}

type longLease struct{}

func (longLease) MayAct() error    { return nil }
func (longLease) Until() time.Time { return time.Now().Add(time.Hour) }

// Takeover drops the present owner without a release and takes the task over
// anew with the local table as it is.
func (k *Task) Takeover() {
	k.t.Helper()
	if err := k.TakeoverErr(); err != nil {
		k.t.Fatalf("take over: %v", err)
	}
}

// TakeoverErr is Takeover with its error.
func (k *Task) TakeoverErr() error {
	k.Close()
	k.generation++
	k.crashing = false
	table, err := k.open()
	if err != nil {
		return err
	}
	k.table = table
	owner, err := consumer.TakeOver(context.Background(), consumer.OwnerOptions{
		Info: consumer.TaskInfo{
			Stage: k.o.Stage, Partition: k.o.Partition, Partitions: k.o.Partitions,
			Generation: k.generation, Lease: k.o.Lease,
		},
		Log: &writer{log: k.log, dead: k.dead}, Table: table, New: k.o.New, Probe: k.probe,
	})
	if err != nil {
		return err
	}
	k.owner = owner
	return k.alive(nil)
}

// open opens the table as the engine does.
func (k *Task) open() (*consumer.Table, error) {
	o := consumer.TableOptions{FS: k.fs, MemTableBytes: k.o.MemTableBytes}
	if d := k.o.Disk; d != nil {
		d.Restart()
		o.FS = d.FS()
		d.open(true)
		defer d.open(false)
	}
	return consumer.OpenTable("table", o)
}

// maxRecoveries is how often Recover tries: as often as the disk fails, and once
// more to find out that the table has to go.
const maxRecoveries = 30

// Recover takes the task over as the engine does after any failure: what is left
// on the disk is used, a table that is corrupt or foreign is wiped.
func (k *Task) Recover() {
	k.t.Helper()
	for tries := 1; ; tries++ {
		err := k.TakeoverErr()
		switch {
		case err == nil:
			return
		case tries == maxRecoveries:
			k.t.Fatalf("take over, after %d tries: %v", tries, err)
		case errors.Is(err, consumer.ErrWipe) || pebble.IsCorruptionError(err) || errors.Is(err, fs.ErrNotExist):
			k.Wipe()
		}
	}
}

// dead reports whether the task's disk has died.
func (k *Task) dead() bool { return k.o.Disk != nil && k.o.Disk.Dead() }

// alive returns err, or ErrCrash if the task has died meanwhile.
func (k *Task) alive(err error) error {
	if k.dead() {
		return errors.Join(ErrCrash, err)
	}
	return err
}

// Wipe closes the owner and removes the local table: the next Takeover restores
// from the changelog alone.
func (k *Task) Wipe() {
	k.Close()
	if k.o.Disk != nil {
		k.o.Disk.Replace()
		return
	}
	k.fs = vfs.NewMem()
}

// Close drops the owner without a release.
func (k *Task) Close() {
	if k.owner != nil {
		k.owner.Close()
		k.owner = nil
	}
	if k.table != nil {
		if err := k.table.Close(); err != nil && (k.o.Disk == nil || !k.o.Disk.Failed()) {
			k.t.Errorf("close table: %v", err)
		}
		k.table = nil
	}
}

// Release gives the task up cleanly; Takeover must follow.
func (k *Task) Release() {
	k.t.Helper()
	if err := k.ReleaseErr(); err != nil {
		k.t.Fatalf("release: %v", err)
	}
	k.Close()
}

// ReleaseErr is Release with its error; the owner stays open.
func (k *Task) ReleaseErr() error { return k.alive(k.owner.Release(context.Background())) }

// RenewErr renews the owner's fence.
func (k *Task) RenewErr() error { return k.owner.Renew(context.Background()) }

func (k *Task) probe(s consumer.Step) error {
	if k.crashing && s == k.crash {
		k.crashing = false
		return ErrCrash
	}
	return nil
}

// FailAt has the next commit that reaches the step crash there. Takeover must
// follow the crash.
func (k *Task) FailAt(s consumer.Step) { k.crash, k.crashing = s, true }

// Process has the Processor apply the records and commits.
func (k *Task) Process(records ...consumer.Record) {
	k.t.Helper()
	if err := k.ProcessErr(records...); err != nil {
		k.t.Fatalf("process: %v", err)
	}
}

// ProcessErr is Process with its error.
func (k *Task) ProcessErr(records ...consumer.Record) error {
	next := consumer.Offsets{}
	for _, r := range records {
		next[r.Topic] = max(next[r.Topic], r.Offset+1)
	}
	return k.alive(k.owner.Process(context.Background(), records, next))
}

// Tick calls the Processor's Tick and commits.
func (k *Task) Tick() time.Time {
	k.t.Helper()
	next, err := k.TickErr()
	if err != nil {
		k.t.Fatalf("tick: %v", err)
	}
	return next
}

// TickErr is Tick with its error.
func (k *Task) TickErr() (time.Time, error) {
	next, err := k.owner.Tick(context.Background())
	return next, k.alive(err)
}

// Emissions returns what was emitted since the last call.
func (k *Task) Emissions() []consumer.Emission { return k.log.takeEmissions() }

// DeadLetters returns the dead letters since the last call.
func (k *Task) DeadLetters() []consumer.DeadLetter { return k.log.takeDeadLetters() }

// Changelog returns all of the changelog, fences included.
func (k *Task) Changelog() []Logged { return k.log.Records() }

// Log returns the log, to share it with another Task.
func (k *Task) Log() *Log { return k.log }

// Processor returns the stage's part of the present owner.
func (k *Task) Processor() consumer.Processor { return k.owner.Processor() }

// ReplaceLog closes the owner and points the task at another log, as when a
// topic was deleted and made anew. The table stays.
func (k *Task) ReplaceLog(l *Log) {
	k.Close()
	k.log = l
}
