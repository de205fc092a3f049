package consumertest

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// Disk is a disk in memory whose power can fail at any store operation, and
// whose store operations can fail. A store operation is one that would change
// what is on the disk. It is safe for concurrent use.
type Disk struct {
	mu      sync.Mutex
	rand    *rand.Rand
	life    *life
	ops     int
	cutAt   int // 0 is never
	failAt  int // 0 is never
	failFor int
	opening bool
}

// life is a disk from one start to the next. What a task that has died with it
// still does to its file system is seen by nobody.
type life struct {
	mem     *vfs.MemFS
	failed  bool
	dead    bool
	image   *vfs.MemFS // what is left when it is dead
	onDeath func()
}

// NewDisk returns an empty disk. Its rand says what an outage leaves of what
// was not synced.
func NewDisk(r *rand.Rand) *Disk {
	return &Disk{rand: r, life: &life{mem: vfs.NewCrashableMem()}}
}

// FS is the file system until the next Restart or Replace.
func (d *Disk) FS() vfs.FS {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.life
	return errorfs.Wrap(l.mem, errorfs.InjectorFunc(func(o errorfs.Op) error { return d.before(l, o) }))
}

// before is called before each operation of a life.
func (d *Disk) before(l *life, o errorfs.Op) error {
	if o.Kind.ReadOrWrite() == errorfs.OpIsRead {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.dead {
		return nil
	}
	d.ops++
	if d.ops == d.cutAt {
		d.die(l, d.rand.IntN(101))
	}
	if d.failAt > 0 && d.ops >= d.failAt && d.ops < d.failAt+d.failFor {
		l.failed = true
		if d.opening || endsProcess(o) {
			d.die(l, 100)
			return nil
		}
		return fmt.Errorf("%s: %w", o.Path, syscall.ENOSPC)
	}
	return nil
}

// endsProcess reports whether Pebble ends the process when the operation fails:
// on its log, its list of files, the marker that names the list, and where a
// directory cannot be synced. What was written is left on the disk. While it opens
// a database any failure can end the process: what collects statistics goes on
// without the caches that were closed.
func endsProcess(o errorfs.Op) bool {
	name := filepath.Base(o.Path)
	return strings.HasSuffix(name, ".log") || strings.HasPrefix(name, "MANIFEST") || strings.HasPrefix(name, "marker") ||
		o.Kind == errorfs.OpFileSync && filepath.Ext(name) == ""
}

// die keeps what an end of all at this moment leaves: all that was synced, and
// of what was not this many of a hundred blocks.
func (d *Disk) die(l *life, percent int) {
	l.dead = true
	l.image = l.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: d.rand})
	if l.onDeath != nil {
		l.onDeath()
	}
}

// Ops is how many store operations there were, those of the dead left out.
func (d *Disk) Ops() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ops
}

// CutPowerAt has the power fail at the n-th store operation from now, in
// whatever life that is.
func (d *Disk) CutPowerAt(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cutAt = d.ops + n
}

// CutPower has the power fail now.
func (d *Disk) CutPower() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.life.dead {
		d.die(d.life, d.rand.IntN(101))
	}
}

// FailAt has the n-th store operation from now and those after it fail, as many
// as are said. Pebble tries a flush again without a pause until it succeeds, and
// cannot be closed before: an error without end would be a test without end.
func (d *Disk) FailAt(n, operations int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failAt, d.failFor = d.ops+n, operations
}

// Mend calls off what CutPowerAt and FailAt have announced.
func (d *Disk) Mend() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cutAt, d.failAt = 0, 0
}

// open notes that a table is being opened, or was.
func (d *Disk) open(begin bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opening = begin
}

// OnDeath has f called, once, when the power fails. It must not use the Disk.
func (d *Disk) OnDeath(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.life.onDeath = f
}

// Dead reports whether the power has failed, or the process has given up.
func (d *Disk) Dead() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.life.dead
}

// Failed reports whether a store operation of this life has failed.
func (d *Disk) Failed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.life.failed
}

// Restart begins the next life with what is left of this one. A disk without an
// outage is as it was.
func (d *Disk) Restart() {
	d.mu.Lock()
	defer d.mu.Unlock()
	mem := d.life.mem
	if d.life.dead {
		mem = d.life.image
	}
	d.life = &life{mem: mem}
}

// Replace puts an empty disk into the place of this one.
func (d *Disk) Replace() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.life = &life{mem: vfs.NewCrashableMem()}
}
