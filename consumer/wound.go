package consumer

import (
	"fmt"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// woundFile in a table's directory says that Pebble could not go on with it.
const woundFile = "BROKEN"

// wound is what is known of damage to a table. Pebble meets damage wherever it
// reads, also while it compacts by itself, where no caller gets an error. All
// of a table is in its changelog, so damage costs a restore and nothing else:
// never the process, and never again at each start.
type wound struct {
	dir string
	fs  vfs.FS
	err atomic.Pointer[error]
}

// corrupted is called by Pebble, from any goroutine.
func (w *wound) corrupted(info pebble.DataCorruptionInfo) {
	err := fmt.Errorf("local table is damaged on disk: %w: %w", info.Details, ErrWipe)
	w.err.CompareAndSwap(nil, &err)
}

// damage returns an ErrWipe once Pebble has met damage.
func (w *wound) damage() error {
	if err := w.err.Load(); err != nil {
		return *err
	}
	return nil
}

func (w *wound) disk() vfs.FS {
	if w.fs != nil {
		return w.fs
	}
	return vfs.Default
}

func (w *wound) path() string { return w.disk().PathJoin(w.dir, woundFile) }

// mark has the next process wipe the table: this one ends.
func (w *wound) mark() {
	if f, err := w.disk().Create(w.path(), vfs.WriteCategoryUnspecified); err == nil {
		_ = f.Close() // without the mark it is tried again, and ends again
	}
}

func (w *wound) marked() bool {
	_, err := w.disk().Stat(w.path())
	return err == nil
}
