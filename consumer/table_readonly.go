package consumer

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrTableInUse means that another process has the table open.
var ErrTableInUse = errors.New("table is in use by another process")

// TablePath is the directory of the table of a task.
func TablePath(stateDir, stage string, partition int) string {
	return filepath.Join(stateDir, stage, strconv.Itoa(partition))
}

// TablesOnDisk returns of which partitions a stage's tables lie in the state
// directory, in order; none if there is no such directory. A nil file system is
// the disk.
func TablesOnDisk(disk vfs.FS, stateDir, stage string) ([]int, error) {
	if disk == nil {
		disk = vfs.Default
	}
	names, err := disk.List(filepath.Join(stateDir, stage))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look for tables of stage %s: %w", stage, err)
	}
	var partitions []int
	for _, name := range names {
		if p, err := strconv.Atoi(name); err == nil && p >= 0 {
			partitions = append(partitions, p)
		}
	}
	slices.Sort(partitions)
	return partitions, nil
}

// openTableReadOnly opens an existing table. Of its directory only the lock file
// is touched.
func openTableReadOnly(dir string, o TableOptions) (_ *Table, err error) {
	p := pebbleOptions(o)
	p.ReadOnly = true
	if p.FS == nil {
		p.FS = vfs.Default
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open table %s: %w", dir, err)
		}
	}()
	if _, err := p.FS.Stat(dir); err != nil {
		return nil, err
	}
	lock, err := pebble.LockDirectory(dir, p.FS)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil { // it says no more than "try again"
		return nil, ErrTableInUse
	}
	p.Lock = lock
	if err := checkManifest(p.FS, dir); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	db, err := pebble.Open(dir, p)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	t := &Table{db: db, lock: lock, meta: noMeta}
	if err := t.readMeta(); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}
