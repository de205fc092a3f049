package consumer

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

func sortInts(s []int) { slices.Sort(s) }

// tables are the directories of a stage's tables in this process.
type tables struct {
	options TableOptions
	dir     string
	stage   string
	log     *slog.Logger

	mu     sync.Mutex
	closed map[int]Position // tables on disk and how far they were when closed
}

func (t *tables) fs() vfs.FS {
	if t.options.FS != nil {
		return t.options.FS
	}
	return vfs.Default
}

func (t *tables) path(partition int) string {
	return filepath.Join(t.dir, t.stage, strconv.Itoa(partition))
}

// survey finds the tables that an earlier process left, for the balancer. One
// that cannot be opened is dealt with when its task is taken over.
func (t *tables) survey() {
	names, err := t.fs().List(filepath.Join(t.dir, t.stage))
	if err != nil {
		return // none yet
	}
	for _, name := range names {
		p, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		table, err := OpenTable(t.path(p), t.options)
		if err != nil {
			continue
		}
		t.note(p, table.Position())
		_ = table.Close() // nothing was written
	}
}

func (t *tables) note(partition int, at Position) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed[partition] = at
}

// held returns what survey and close have seen.
func (t *tables) held() []heldTask {
	t.mu.Lock()
	defer t.mu.Unlock()
	hs := make([]heldTask, 0, len(t.closed))
	for p, at := range t.closed {
		hs = append(hs, heldTask{Partition: p, Position: at})
	}
	slices.SortFunc(hs, func(a, b heldTask) int { return a.Partition - b.Partition })
	return hs
}

// open opens a task's table. One that is corrupt or of another format is wiped:
// the changelog has it all.
func (t *tables) open(partition int) (*Table, error) {
	dir := t.path(partition)
	if err := t.fs().MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make directory of table: %w", err)
	}
	table, err := OpenTable(dir, t.options)
	// A power loss may leave a name of a file that it did not leave.
	if errors.Is(err, errTableFormat) || pebble.IsCorruptionError(err) || errors.Is(err, fs.ErrNotExist) {
		t.log.Warn("local table is unusable; restoring it from the changelog", "task", partition, "dir", dir, "error", err)
		if err := t.wipe(partition); err != nil {
			return nil, err
		}
		table, err = OpenTable(dir, t.options)
	}
	return table, err
}

func (t *tables) close(partition int, table *Table) error {
	t.note(partition, table.Position())
	return table.Close()
}

func (t *tables) wipe(partition int) error {
	t.mu.Lock()
	delete(t.closed, partition)
	t.mu.Unlock()
	if err := t.fs().RemoveAll(t.path(partition)); err != nil {
		return fmt.Errorf("wipe table: %w", err)
	}
	return nil
}
