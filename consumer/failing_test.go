package consumer

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// fullDisk is a disk with room for a log, but while it is full for no table.
func fullDisk() (disk vfs.FS, full *atomic.Bool) {
	full = new(atomic.Bool)
	return errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(o errorfs.Op) error {
		if full.Load() && o.Kind == errorfs.OpCreate && filepath.Ext(o.Path) == ".sst" {
			return syscall.ENOSPC
		}
		return nil
	})), full
}

// A disk that stays full is said to have failed, where Pebble would try for ever
// and keep the task from ending: when a writer waits for room, and when a table
// is opened.
func TestFullDiskHasFailed(t *testing.T) {
	t.Parallel()
	disk, full := fullDisk()
	said := make(chan error, 1)
	o := TableOptions{FS: disk, MemTableBytes: 64 << 10, FailedAfter: time.Millisecond, Failed: func(err error) {
		select {
		case said <- err:
		default:
		}
		full.Store(false) // a process would end; here there is room again
	}}
	failed := func(when string) {
		t.Helper()
		select {
		case err := <-said:
			if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%s: the disk failed by %v", when, err)
			}
		default:
			t.Errorf("%s: nobody was told", when)
		}
	}
	table, err := OpenTable("table", o)
	if err != nil {
		t.Fatal(err)
	}
	full.Store(true)
	for i := range 1000 {
		b := table.db.NewBatch()
		if err := errors.Join(b.Set(tableKey(spaceLogged, fmt.Appendf(nil, "k%d", i)), make([]byte, 1000), nil), b.Commit(noSync)); err != nil {
			t.Fatal(err)
		}
	}
	failed("while writing")
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	full.Store(true)
	if table, err = OpenTable("table", o); err != nil {
		t.Fatal(err)
	}
	failed("while opening")
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
}

// Errors are those of a disk that has failed when they follow each other for
// long and no write succeeds.
func TestFailingInARow(t *testing.T) {
	t.Parallel()
	const ok = -1
	for name, tt := range map[string]struct {
		steps  []int // seconds until the next error; or ok before it
		failed bool
	}{
		"once":                  {[]int{0}, false},
		"for long":              {[]int{0, 5, 5}, true},
		"not for long yet":      {[]int{0, 4, 5}, false},
		"a write came through":  {[]int{0, 5, ok, 5, 5}, false},
		"and failed again":      {[]int{0, 5, ok, 5, 5, 5}, true},
		"far apart":             {[]int{0, 11, 11, 11}, false},
		"far apart, then often": {[]int{0, 11, 5, 5}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				failed := false
				f := failing{after: 10 * time.Second, failed: func(error) { failed = true }}
				for _, step := range tt.steps {
					if step == ok {
						f.done(nil)
						continue
					}
					time.Sleep(time.Duration(step) * time.Second)
					f.done(syscall.ENOSPC)
					f.met(syscall.ENOSPC)
					f.met(pebble.ErrCorruption)
				}
				if failed != tt.failed {
					t.Errorf("failed: %t", failed)
				}
			})
		})
	}
}

// What is corrupt is no disk that takes no writes: it is wiped and restored.
func TestCorruptionIsNoFailure(t *testing.T) {
	t.Parallel()
	f := failing{failed: func(err error) { t.Errorf("failed: %v", err) }}
	f.met(pebble.ErrCorruption)
}
