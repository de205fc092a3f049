package consumer

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// The key spaces of a table, by first byte.
const (
	spaceMeta    = 'm' // position and incarnation
	spaceLogged  = 't' // what the changelog holds
	spaceDerived = 'd' // local, rebuilt from logged, never sent
)

// TableOptions configure the Pebble database of a task.
type TableOptions struct {
	// FS is the file system; nil = the disk.
	FS vfs.FS
	// Cache is the block cache shared by all tasks of the process; nil = Pebble's
	// own default.
	Cache *pebble.Cache
	// MemTableBytes is the size of a memtable. Default 32 MiB.
	MemTableBytes uint64
	// Failed is called when the disk takes no writes and no waiting helps. Pebble
	// cannot go on then, nor be closed: Failed must end the process and not return.
	// Default: a panic.
	Failed func(error)
	// FailedAfter is how long writes fail in a row before that. Default 10 s.
	FailedAfter time.Duration
}

// failedAfter is well below the time in which a process asked to stop is expected
// to: 30 s in Kubernetes.
const failedAfter = 10 * time.Second

func (o TableOptions) failed(err error) {
	if o.Failed == nil {
		panic(err)
	}
	o.Failed(err)
}

// Table is the local copy of one changelog partition, and a prefix of it (I2):
// position and content change in one atomic batch. Losing it costs time only.
type Table struct {
	db   *pebble.DB
	lock *pebble.Lock
	meta meta
	// corrupt is what Pebble found broken in the background.
	corrupt atomic.Pointer[error]

	health sync.Mutex // held while Pebble's numbers are read
	closed bool
	failed atomic.Bool // the disk takes no writes: Pebble holds its lock for ever
}

// errUnusable says that a table cannot be opened or read any more. Its directory
// is wiped and restored.
var errUnusable = errors.New("local table is unusable")

// OpenTable opens or creates the table in dir. The directory belongs to one
// process: a second one gets an error naming the lock. What is on disk but
// cannot be opened is errUnusable.
func OpenTable(dir string, o TableOptions) (*Table, error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if err := o.FS.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make directory of table: %w", err)
	}
	lock, err := pebble.LockDirectory(dir, o.FS)
	if err != nil {
		return nil, fmt.Errorf("open table %s, which another process may have: %w", dir, err)
	}
	t := &Table{lock: lock, meta: noMeta}
	failed := o.failed
	o.Failed = func(err error) {
		t.failed.Store(true)
		failed(err)
	}
	p := pebbleOptions(o)
	p.Lock = lock
	// Pebble's own listener ends the process.
	p.EventListener = &pebble.EventListener{DataCorruption: func(i pebble.DataCorruptionInfo) {
		err := fmt.Errorf("%w: %s: %w", errUnusable, i.Path, i.Details)
		t.corrupt.CompareAndSwap(nil, &err)
	}}
	f := failing{dir: dir, after: cmp.Or(o.FailedAfter, failedAfter), failed: o.failed}
	f.listen(p.EventListener)
	if err = checkManifest(o.FS, dir); err == nil {
		t.db, err = pebble.Open(dir, p)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open table %s: %w", dir, unusable(err)), lock.Close())
	}
	if err := t.readMeta(); err != nil {
		return nil, errors.Join(fmt.Errorf("open table %s: %w", dir, err), t.Close())
	}
	return t, nil
}

// unusable marks what a restore mends: everything that is not the operating
// system's refusal. What exactly is broken in a table does not matter, since the
// changelog has it all.
func unusable(err error) error {
	for _, refusal := range []error{
		fs.ErrPermission, syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM,
	} {
		if errors.Is(err, refusal) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", errUnusable, err)
}

// isUnusable reports whether an error of a table's owner means that the table
// must be wiped and restored.
func isUnusable(err error) bool {
	return errors.Is(err, ErrWipe) || errors.Is(err, errUnusable) || pebble.IsCorruptionError(err)
}

// check returns what was found broken in the background.
func (t *Table) check() error {
	if err := t.corrupt.Load(); err != nil {
		return *err
	}
	return nil
}

func pebbleOptions(o TableOptions) *pebble.Options {
	if o.MemTableBytes == 0 {
		o.MemTableBytes = 32 << 20
	}
	p := &pebble.Options{
		FS:                    o.FS,
		Cache:                 o.Cache,
		MemTableSize:          o.MemTableBytes,
		L0CompactionThreshold: 4,
		WALBytesPerSync:       512 << 10,
		FormatMajorVersion:    pebble.FormatNewest,
		Logger:                tableLogger{o.failed},
	}
	for i := range p.Levels {
		p.Levels[i].BlockSize = 16 << 10
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return p
}

// Position returns the position of the last changelog record in the table.
func (t *Table) Position() Position { return t.meta.position }

// Close closes the table. Its directory stays.
func (t *Table) Close() error {
	t.health.Lock()
	t.closed = true
	t.health.Unlock() // not held while closing: that waits for the disk
	return errors.Join(t.db.Close(), t.lock.Close())
}

func tableKey(space byte, key []byte) []byte {
	b := make([]byte, 0, len(key)+1)
	b = append(b, space)
	return append(b, key...)
}

// value returns a copy of the value of key, nil if there is none.
func value(r pebble.Reader, space byte, key []byte) ([]byte, error) {
	var buf [256]byte
	v, closer, err := r.Get(append(append(buf[:0], space), key...))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read table: %w", err)
	}
	c := make([]byte, len(v))
	copy(c, v)
	return c, closer.Close()
}

// Entry is one key and its value. Both are valid until the iteration goes on.
type Entry struct{ Key, Value []byte }

// scan yields the entries whose keys begin with prefix, from the first not
// below from, in order. An error ends the sequence and is its last element.
func scan(r pebble.Reader, space byte, prefix, from []byte) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		lower := tableKey(space, prefix)
		upper := successor(lower)
		if start := tableKey(space, from); string(start) > string(lower) {
			lower = start
		}
		it, err := r.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
		if err != nil {
			yield(Entry{}, fmt.Errorf("scan table: %w", err))
			return
		}
		more := true
		for ok := it.First(); ok && more; ok = more && it.Next() {
			more = yield(Entry{Key: it.Key()[1:], Value: it.Value()}, nil)
		}
		if err := errors.Join(it.Error(), it.Close()); err != nil && more {
			yield(Entry{}, fmt.Errorf("scan table: %w", err))
		}
	}
}

// successor returns the first key after all keys with the prefix.
func successor(prefix []byte) []byte {
	s := append([]byte(nil), prefix...)
	for i := len(s) - 1; i >= 0; i-- {
		s[i]++
		if s[i] != 0 {
			return s[:i+1]
		}
	}
	return nil
}
