package consumer

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// woundedTable has a table whose file of values is damaged in the middle.
func woundedTable(t *testing.T, fs vfs.FS, dir string) {
	t.Helper()
	if err := fs.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	table, err := OpenTable(dir, TableOptions{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20_000 {
		if err := table.db.Set(tableKey(spaceLogged, fmt.Appendf(nil, "%06d", i)), []byte(strings.Repeat(fmt.Sprint(i), 9)), noSync); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(table.db.Flush(), table.Close()); err != nil {
		t.Fatal(err)
	}
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".sst") {
			garble(t, fs, fs.PathJoin(dir, name))
		}
	}
}

func garble(t *testing.T, fs vfs.FS, path string) {
	t.Helper()
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	copy(b[len(b)/3:], "garbled by a disk that lies")
	if f, err = fs.Create(path, vfs.WriteCategoryUnspecified); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDamageCostsTheTable: Pebble says what damage it meets to its listener, also
// where no caller gets an error. That must neither end the process nor stay
// unnoticed.
func TestDamageCostsTheTable(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	woundedTable(t, fs, "damaged")
	table, err := OpenTable("damaged", TableOptions{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if err := table.wound.damage(); err != nil {
		t.Fatalf("damage %v before anything was read", err)
	}
	var read error
	for _, err := range scan(table.db, spaceLogged, nil, nil) {
		read = err
	}
	if read == nil {
		t.Fatal("a damaged file was read")
	}
	w := &Owner{table: table}
	if err := w.commit(t.Context(), nil, func(*Tx) error { return nil }); !errors.Is(err, ErrWipe) {
		t.Errorf("commit on a damaged table returned %v, want ErrWipe", err)
	}
}

// TestBrokenTableIsWiped: a table that ended one process does not end the next.
func TestBrokenTableIsWiped(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s := &tables{options: TableOptions{FS: fs}, dir: "state", stage: "s", log: slog.New(slog.DiscardHandler), closed: map[int]Position{}}
	woundedTable(t, fs, s.path(3))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a broken database went on")
			}
		}()
		quietLogger{&wound{dir: s.path(3), fs: fs}}.Fatalf("broken")
	}()
	table, err := s.open(3)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if v, err := value(table.db, spaceLogged, []byte("000001")); err != nil || v != nil {
		t.Errorf("a broken table kept %q, %v", v, err)
	}
}
