package consumer

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// fill writes a table to the disk: one file of each kind that Pebble has.
func fillTable(t *testing.T, ts *tables) {
	t.Helper()
	table, err := ts.open(0)
	if err != nil {
		t.Fatal(err)
	}
	for r := range 2 {
		b := table.db.NewBatch()
		for i := range 2000 {
			err = errors.Join(err, b.Set(tableKey(spaceLogged, fmt.Appendf(nil, "k%d-%d", r, i)), make([]byte, 100), nil))
		}
		err = errors.Join(err, b.Set(metaKey, meta{position: Position(r)}.encode(), nil), b.Commit(pebble.Sync))
		if r == 0 {
			err = errors.Join(err, table.db.Flush())
		}
	}
	if err := errors.Join(err, table.Close()); err != nil {
		t.Fatal(err)
	}
}

// A table on a real disk of which any file is cut, overwritten or gone is wiped
// with a line in the log, or is found unusable when it is read; it never ends
// the process, and never is an error that repeating does not mend.
func TestBrokenTableIsWiped(t *testing.T) {
	t.Parallel()
	damage := map[string]func(path string, data []byte) error{
		"cut":     func(path string, data []byte) error { return os.Truncate(path, int64(len(data)/2)) },
		"emptied": func(path string, _ []byte) error { return os.Truncate(path, 0) },
		"gone":    func(path string, _ []byte) error { return os.Remove(path) },
		"overwritten": func(path string, data []byte) error {
			for i := len(data) / 3; i < len(data)*2/3; i++ {
				data[i] ^= 0x5a
			}
			return os.WriteFile(path, data, 0o600)
		},
	}
	for _, kind := range []string{"*.sst", "*.log", "MANIFEST*"} {
		for how, f := range damage {
			t.Run(kind+" "+how, func(t *testing.T) {
				t.Parallel()
				var log bytes.Buffer
				ts := &tables{dir: t.TempDir(), stage: "s", log: slog.New(slog.NewTextHandler(&log, nil)), closed: map[int]Position{}}
				fillTable(t, ts)
				paths, err := filepath.Glob(filepath.Join(ts.path(0), kind))
				if err != nil || len(paths) == 0 {
					t.Fatal(err, paths)
				}
				for _, path := range paths {
					data, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					if err := f(path, data); err != nil {
						t.Fatal(err)
					}
				}
				table, err := ts.open(0)
				if err != nil {
					t.Fatalf("open: %v", err)
				}
				wiped := table.Position() == NoPosition
				if said := strings.Contains(log.String(), "local table is unusable"); said != wiped && !strings.HasSuffix(kind, ".log") {
					t.Errorf("wiped %t, said %t: %s", wiped, said, log.String())
				}
				n := 0
				for _, err = range scan(table.db, spaceLogged, nil, nil) {
					n++
				}
				whole := n == 2000*int(table.Position()+1) // a prefix of the changelog (I2)
				if !whole && !isUnusable(err) {
					t.Errorf("%d keys at position %d, error %v", n, table.Position(), err)
				}
				if err != nil && !isUnusable(table.check()) {
					t.Errorf("read %v, the table says %v", err, table.check())
				}
				_ = table.Close() // a broken one may complain
			})
		}
	}
}

// A second process is refused, not restored.
func TestTableOfAnotherProcessIsNotWiped(t *testing.T) {
	t.Parallel()
	ts := &tables{dir: t.TempDir(), stage: "s", log: slog.New(slog.DiscardHandler), closed: map[int]Position{}}
	table, err := ts.open(0)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if _, err := ts.open(0); err == nil || isUnusable(err) || !strings.Contains(err.Error(), "another process") {
		t.Errorf("second open: %v", err)
	}
}

func TestTableAge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for _, tt := range []struct {
		position Position
		age, max time.Duration
		wipe     bool
	}{
		{3, 0, 6 * day, false},
		{3, 6 * day, 6 * day, false},
		{3, 6*day + time.Millisecond, 6 * day, true},
		{3, 90 * day, 0, false},
		{NoPosition, 90 * day, 6 * day, false},
		{3, -time.Minute, 6 * day, false},
		{3, -2 * time.Hour, 6 * day, true},
	} {
		err := meta{position: tt.position, current: now.Add(-tt.age).UnixMilli()}.age(now, tt.max)
		if errors.Is(err, ErrWipe) != tt.wipe {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}
