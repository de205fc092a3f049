package consumer

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/atomicfs"
)

// rounds is what the changelog of the test's tables says: at each position some
// keys get another value. The first ones take the most records, so that a table
// that forgets how many there were begins again far below.
var rounds = [][]string{
	{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"},
	{"l", "m"},
	{"a", "n"},
	{"b", "o"},
	{"p"},
}

// upTo is what a table at a position holds.
func upTo(at Position) map[string]string {
	holds := map[string]string{}
	for i := range at + 1 {
		for _, k := range rounds[i] {
			holds[k] = fmt.Sprint(i)
		}
	}
	return holds
}

// follow brings a table from where it is to a position.
func follow(t *testing.T, table *Table, to Position) {
	t.Helper()
	for i := table.Position() + 1; i <= to; i++ {
		m := meta{position: i}
		b := table.db.NewBatch()
		for _, k := range rounds[i] {
			if err := b.Set(tableKey(spaceLogged, []byte(k)), fmt.Append(nil, i), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(b.Set(metaKey, m.encode(), nil), b.Commit(pebble.NoSync)); err != nil {
			t.Fatal(err)
		}
		table.meta = m
	}
}

// held is what a table holds.
func held(table *Table) (holds map[string]string, err error) {
	holds = map[string]string{}
	for e, err := range scan(table.db, spaceLogged, nil, nil) {
		if err != nil {
			return nil, err
		}
		holds[string(e.Key)] = string(e.Value)
	}
	return holds, nil
}

// sessions leaves what processes that opened the table, followed the log up to
// each position and were killed leave on the disk, and returns the MANIFEST's path.
func sessions(t *testing.T, ends ...Position) (_ *vfs.MemFS, manifest string) {
	t.Helper()
	disk := vfs.NewMem()
	for _, end := range ends {
		table, err := OpenTable("table", TableOptions{FS: disk})
		if err != nil {
			t.Fatal(err)
		}
		follow(t, table, end)
		if end == 2 { // while it is in use
			if err := table.db.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
	}
	name, err := atomicfs.ReadMarker(disk, "table", "manifest")
	if err != nil {
		t.Fatal(err)
	}
	return disk, disk.PathJoin("table", name)
}

// A MANIFEST that ends early, or is overwritten somewhere, would have Pebble go
// back to files that it has replaced meanwhile: without what stood in deleted ones,
// or with sequence numbers that were given before, so that what is written next
// hides behind older values as soon as files are compacted. Wherever the damage is,
// the table is unusable, or is a prefix of its changelog (I2) and stays one.
func TestDamagedManifestIsFoundOut(t *testing.T) {
	t.Parallel()
	junk := make([]byte, 16)
	for i, r := 0, rand.New(rand.NewPCG(1, 2)); i < len(junk); i++ {
		junk[i] = byte(r.Uint32())
	}
	damages := map[string]func(data []byte, at int) []byte{
		"cut":         func(data []byte, at int) []byte { return data[:at] },
		"overwritten": func(data []byte, at int) []byte { copy(data[at:], junk); return data },
	}
	for name, ends := range map[string][]Position{
		"new":           {0},
		"read back":     {0, 1},
		"surveyed":      {0, 1, 1},
		"twice":         {0, 0, 0},
		"in use":        {0, 1, 3},
		"flushed":       {0, 1, 2},
		"flushed twice": {0, 2, 3},
	} {
		for how, damage := range damages {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				disk, manifest := sessions(t, ends...)
				whole := contents(t, disk, manifest)
				usable := 0
				for at := range len(whole) {
					if tryTable(t, disk, manifest, damage(contents(t, disk, manifest), at), fmt.Sprintf("%s at %d of %d", how, at, len(whole))) {
						usable++
					}
				}
				if !tryTable(t, disk, manifest, whole, "whole") {
					t.Error("a table is unusable as its process left it")
				}
				t.Logf("%d of %d are usable", usable, len(whole))
			})
		}
	}
}

func contents(t *testing.T, disk vfs.FS, path string) []byte {
	t.Helper()
	f, err := disk.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, info.Size())
	if _, err := f.ReadAt(data, 0); err != nil {
		t.Fatal(err)
	}
	return data
}

// tryTable opens a copy of a table with another MANIFEST. If it is usable, it
// has it follow the log and be compacted.
func tryTable(t *testing.T, disk *vfs.MemFS, manifest string, data []byte, what string) (usable bool) {
	t.Helper()
	mem := vfs.NewMem()
	if _, err := vfs.Clone(disk, mem, "table", "table"); err != nil {
		t.Fatal(err)
	}
	f, err := mem.Create(manifest, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	compare := func(table *Table, when string) {
		t.Helper()
		holds, err := held(table)
		if err == nil && !maps.Equal(holds, upTo(table.Position())) {
			t.Errorf("%s: %s at %d it holds %v, want %v", what, when, table.Position(), holds, upTo(table.Position()))
		}
		if err != nil && !isUnusable(err) {
			t.Errorf("%s: %s: %v", what, when, err)
		}
	}
	table, err := OpenTable("table", TableOptions{FS: mem})
	if err != nil {
		if !isUnusable(err) {
			t.Errorf("%s: %v", what, err)
		}
		return false
	}
	compare(table, "opened")
	follow(t, table, Position(len(rounds)-1))
	compare(table, "restored")
	if err := errors.Join(table.db.Flush(), table.db.Compact(t.Context(), []byte{0}, []byte{0xff}, false)); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	compare(table, "compacted")
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	if table, err = OpenTable("table", TableOptions{FS: mem}); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	compare(table, "opened again")
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	return true
}

// What a process leaves that was killed, or whose power failed, is no damage:
// whatever it was about, the table is usable.
func TestCrashIsNoDamage(t *testing.T) {
	t.Parallel()
	for name, survives := range map[string]int{"killed": 100, "power lost": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(3, uint64(survives)))
			disk := vfs.NewCrashableMem()
			for life := range 30 {
				table, err := OpenTable("table", TableOptions{FS: disk, MemTableBytes: 64 << 10})
				if err != nil {
					t.Fatalf("life %d: %v", life, err)
				}
				var image *vfs.MemFS
				steps := r.IntN(40)
				for i := range steps + 1 {
					if i == steps {
						image = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: survives, RNG: r})
						break
					}
					b := table.db.NewBatch()
					for range 1 + r.IntN(10) {
						if err := b.Set(tableKey(spaceLogged, fmt.Append(nil, r.IntN(100))), make([]byte, r.IntN(2000)), nil); err != nil {
							t.Fatal(err)
						}
					}
					if err := b.Commit(pebble.NoSync); err != nil {
						t.Fatal(err)
					}
					if r.IntN(20) == 0 {
						if _, err := table.db.AsyncFlush(); err != nil {
							t.Fatal(err)
						}
					}
				}
				if err := table.Close(); err != nil {
					t.Fatal(err)
				}
				disk = image
			}
		})
	}
}
