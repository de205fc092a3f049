package consumer

import (
	"errors"
	"fmt"
	"iter"

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
	// Logger takes Pebble's own messages; nil discards all but fatal ones.
	Logger pebble.Logger
}

// Table is the local copy of one changelog partition, and a prefix of it (I2):
// position and content change in one atomic batch. Losing it costs time only.
type Table struct {
	db    *pebble.DB
	meta  meta
	wound *wound
}

// OpenTable opens or creates the table in dir. The directory belongs to one
// process: a second one gets an error naming the lock.
func OpenTable(dir string, o TableOptions) (*Table, error) {
	w := &wound{dir: dir, fs: o.FS}
	if w.marked() {
		return nil, fmt.Errorf("open table %s: it broke Pebble before: %w", dir, errTableFormat)
	}
	p := pebbleOptions(o)
	p.EventListener = &pebble.EventListener{DataCorruption: w.corrupted}
	if p.Logger == nil {
		p.Logger = quietLogger{w}
	}
	db, err := pebble.Open(dir, p)
	if err != nil {
		return nil, fmt.Errorf("open table %s: %w", dir, err)
	}
	t := &Table{db: db, meta: noMeta, wound: w}
	if err := t.readMeta(); err != nil {
		return nil, errors.Join(fmt.Errorf("open table %s: %w", dir, err), db.Close())
	}
	return t, nil
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
		Logger:                o.Logger,
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
func (t *Table) Close() error { return t.db.Close() }

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

// quietLogger drops Pebble's information and error chatter; errors also come
// back from the operations. Fatal is a broken database and must not go on.
type quietLogger struct{ wound *wound }

func (quietLogger) Infof(string, ...any)  {}
func (quietLogger) Errorf(string, ...any) {}
func (l quietLogger) Fatalf(format string, args ...any) {
	l.wound.mark()
	panic(fmt.Sprintf("pebble: "+format, args...))
}
