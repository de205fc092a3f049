package consumer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// Owner carries out the log-first protocol for one task: it takes the task
// over, runs its Processor and commits what that writes (I2). It is driven by
// one goroutine. After an error other than a Processor's it is dead: Close it
// and take the task over anew.
type Owner struct {
	info  TaskInfo
	log   Log
	table *Table
	proc  Processor
	fence fence
	next  Position // of the next changelog record
	fresh bool     // nobody owned the task before
	// processing is what the last Process took in the Processor.
	processing time.Duration

	deadLettered func([]DeadLetter)

	// probe, if set, is called before each step of a commit, for crash tests.
	probe func(Step) error
}

// Step is a point in a commit, in order. A crash between any two of them is
// survived (see doc.go, "Crashes").
type Step int

// The steps of a commit.
const (
	BeforeLog  Step = iota // nothing written
	AfterLog               // logged, nothing emitted
	AfterEmit              // emitted, the table not written
	AfterTable             // the table written, offsets old
)

// OwnerOptions configure TakeOver.
type OwnerOptions struct {
	Info  TaskInfo
	Log   Log
	Table *Table
	New   func(TaskInfo) (Processor, error)
	// MaxTableAge is how old the table may be: less than the changelog keeps
	// tombstones. 0 = any age.
	MaxTableAge time.Duration
	// StartAfresh, if set, is called before a changelog's first fence is written: a
	// group that consumed before has no changelog of it any more, and must begin
	// again at the beginning. It reports whether there was such a group.
	StartAfresh func(context.Context) (consumed bool, err error)
	// Progress, if set, is called while restoring.
	Progress func(done, total int64)
	// Repaired, if set, is told how many keys were written again because the
	// changelog had stray records of them.
	Repaired func(keys int)
	// DeadLettered, if set, is told the dead letters that brokers have acknowledged.
	DeadLettered func([]DeadLetter)
	// Probe, if set, is called before each step of a commit; its error is a crash
	// at that point. For tests.
	Probe func(Step) error
}

// ErrWipe means that the local table is no copy of this changelog, or too old
// to become one: its directory must be removed and the task taken over anew. It
// costs a restore.
var ErrWipe = errors.New("local table is not a copy of this changelog")

// TakeOver makes this process the owner of a task: newest writer → restore →
// fence → restore what a former owner wrote meanwhile → Processor.Start. The
// Table stays the caller's to close.
func TakeOver(ctx context.Context, o OwnerOptions) (*Owner, error) {
	if err := o.Table.meta.age(time.Now(), o.MaxTableAge); err != nil {
		return nil, err
	}
	w := &Owner{info: o.Info, log: o.Log, table: o.Table, probe: o.Probe, deadLettered: o.DeadLettered}
	proc, err := o.New(o.Info)
	if err != nil {
		return nil, fmt.Errorf("make processor: %w", err)
	}
	w.proc = proc
	start, err := w.takeOver(ctx, o)
	if err == nil {
		err = w.commit(ctx, nil, func(tx *Tx) error { return proc.Start(ctx, tx, start) })
	}
	if err != nil {
		proc.Close()
		return nil, err
	}
	return w, nil
}

func (w *Owner) takeOver(ctx context.Context, o OwnerOptions) (Start, error) {
	end, err := w.log.Open(ctx)
	if err != nil {
		return Start{}, fmt.Errorf("become the newest writer: %w", err)
	}
	r := restore{owner: w, progress: o.Progress, last: w.table.meta.fence}
	if err := r.run(ctx, end); err != nil {
		return Start{}, err
	}
	s := Start{Fingerprint: r.fence.Fingerprint, CleanRelease: r.fence.Released, Fresh: r.last == NoPosition}
	w.fence = fence{
		Incarnation: r.fence.Incarnation,
		Generation:  w.info.Generation,
		Owner:       rand.Text(),
		Fingerprint: r.fence.Fingerprint,
	}
	if s.Fresh {
		w.fence.Incarnation = time.Now().UnixMilli()
		if o.StartAfresh != nil {
			consumed, err := o.StartAfresh(ctx)
			if err != nil {
				return Start{}, fmt.Errorf("start afresh: %w", err)
			}
			s.Fresh = !consumed
		}
	}
	if err := w.info.Lease.MayAct(); err != nil {
		return Start{}, fmt.Errorf("write fence: %w", err)
	}
	at, err := w.log.Append(ctx, NoPosition, []Write{w.fence.write()})
	if err != nil {
		return Start{}, fmt.Errorf("write fence: %w", err)
	}
	if err := r.tail(ctx, at); err != nil {
		return Start{}, err
	}
	if r.last != NoPosition && r.fence.Incarnation != w.fence.Incarnation {
		// Two owners met an empty changelog, and what the other one said may be newer
		// than what this one would say. Begun anew, it says no older.
		return Start{}, fmt.Errorf("take over at %d: a fence of incarnation %d came between: %w", at, r.fence.Incarnation, ErrFenced)
	}
	if r.fence.Owner != "" {
		s.Fingerprint, s.CleanRelease = r.fence.Fingerprint, r.fence.Released
		w.fence.Fingerprint = r.fence.Fingerprint
	}
	s.Restored = r.done
	w.fresh = s.Fresh
	w.next = at + 1
	if err := w.markFence(at); err != nil {
		return Start{}, err
	}
	return s, w.repair(ctx, r.strays, o.Repaired)
}

// markFence moves the table to the owner's own fence.
func (w *Owner) markFence(at Position) error {
	b := w.table.db.NewBatch()
	m := meta{incarnation: w.fence.Incarnation, position: at, fence: at, owner: w.fence.Owner, current: time.Now().UnixMilli()}
	if err := errors.Join(b.Set(metaKey, m.encode(), nil), b.Commit(noSync)); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	w.table.meta = m
	return nil
}

// Process has the Processor apply the records and commits the result together
// with the offsets that follow them.
func (w *Owner) Process(ctx context.Context, records []Record, next Offsets) error {
	return w.commit(ctx, next, func(tx *Tx) error {
		began := time.Now()
		err := w.proc.Process(ctx, tx, records)
		w.processing = time.Since(began)
		return err
	})
}

// Tick calls the Processor's Tick, commits, and returns when to call again.
func (w *Owner) Tick(ctx context.Context) (next time.Time, err error) {
	err = w.commit(ctx, nil, func(tx *Tx) (err error) {
		next, err = w.proc.Tick(ctx, tx)
		return err
	})
	return next, err
}

// Renew writes a new fence under a new epoch. Brokers forget a transactional id
// that began no transaction seven days after its last change, however busy its
// producer is (transactional.id.expiration.ms), so an owner renews daily.
func (w *Owner) Renew(ctx context.Context) error {
	if err := w.info.Lease.MayAct(); err != nil {
		return fmt.Errorf("renew epoch: %w", err)
	}
	if err := w.log.Renew(ctx); err != nil {
		return fmt.Errorf("renew epoch: %w", err)
	}
	return w.commit(ctx, nil, func(tx *Tx) error {
		tx.renew = true
		return nil
	})
}

// Verify returns ErrFenced when the changelog does not end where this owner left
// it: it was made anew, lost its tail, or somebody else wrote. An idle owner would
// not notice otherwise.
func (w *Owner) Verify(ctx context.Context) error {
	end, err := w.log.End(ctx)
	if err == nil && end != w.next {
		err = fmt.Errorf("changelog ends at %d instead of %d: %w", end, w.next, ErrFenced)
	}
	return err
}

// append writes to the changelog where it goes on for this owner. Anywhere else it
// ends the ownership: what the stage was told of positions is wrong, and somebody
// wrote here.
func (w *Owner) append(ctx context.Context, records []Write) error {
	if err := w.info.Lease.MayAct(); err != nil {
		return err
	}
	at, err := w.log.Append(ctx, w.next, records)
	if err == nil && at != w.next {
		err = fmt.Errorf("at %d instead of %d: %w", at, w.next, ErrFenced)
	}
	if err == nil {
		w.next += Position(len(records))
	}
	return err
}

// Processor returns the stage's part.
func (w *Owner) Processor() Processor { return w.proc }

// Release gives the task up for a successor that need not wait: nothing may be
// in flight any more.
func (w *Owner) Release(ctx context.Context) error {
	f := w.fence
	f.Released = true
	if err := w.append(ctx, []Write{f.write()}); err != nil {
		return fmt.Errorf("write release: %w", err)
	}
	return nil
}

// Close closes the Processor. The table stays open.
func (w *Owner) Close() { w.proc.Close() }
