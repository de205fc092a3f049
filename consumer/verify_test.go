package consumer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"

	"muster/consumer/kafkatest"
)

// logged writes a changelog: "k=v", "k" for a tombstone, "!owner" for a fence of
// incarnation 1.
func logged(t *testing.T, c *Cluster, topic string, records ...string) {
	t.Helper()
	var ms []Message
	for _, r := range records {
		ms = append(ms, Message(scripted(r)))
	}
	if n, err := c.Append(t.Context(), topic, 0, ms); err != nil || n != len(ms) {
		t.Fatal(n, err)
	}
}

func scripted(r string) Write {
	if owner, ok := strings.CutPrefix(r, "!"); ok {
		return fence{Incarnation: 1, Owner: owner}.write()
	}
	k, v, set := strings.Cut(r, "=")
	w := Write{Key: []byte(k)}
	if set {
		w.Value = []byte(v)
	}
	return w
}

// written makes a table that holds the entries and stands where m says.
func written(t *testing.T, fs vfs.FS, dir string, m meta, entries ...string) {
	t.Helper()
	table, err := OpenTable(dir, TableOptions{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	b := table.db.NewBatch()
	errs := []error{b.Set(metaKey, m.encode(), nil), b.Set(tableKey(spaceDerived, []byte("local")), nil, nil)}
	for _, e := range entries {
		w := scripted(e)
		errs = append(errs, b.Set(tableKey(spaceLogged, w.Key), w.Value, nil))
	}
	if err := errors.Join(append(errs, b.Commit(noSync), table.Close())...); err != nil {
		t.Fatal(err)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	k := kafkatest.StartFake(t)
	c := connect(k.Addrs...)
	t.Cleanup(c.Close)
	makeTopic(t, c, "log", map[string]string{"cleanup.policy": "compact"})
	//                           0      1      2      3    4      5     6      7      8      9
	logged(t, c, "log", "!one", "a=1", "b=1", "a=2", "b", "!two", "e=", "d=1", "a=3", "!three")
	at := func(position, fence Position, owner string) meta {
		return meta{incarnation: 1, position: position, fence: fence, owner: owner}
	}
	difference := func(kind DifferenceKind, key string, at Position) Difference {
		return Difference{kind, []byte(key), at}
	}
	tests := []struct {
		name    string
		meta    meta
		entries []string
		want    TableReport
		problem string
	}{
		{name: "a copy", meta: at(9, 9, "three"), entries: []string{"a=3", "d=1", "e="}, want: TableReport{Equal: 3}},
		{name: "behind", meta: at(5, 5, "two"), entries: []string{"a=2"}, want: TableReport{Equal: 1}},
		{name: "behind, the value at its position gone", meta: at(0, 0, "one"), entries: []string{"a=0"}, want: TableReport{Overwritten: 1}},
		{name: "empty", meta: noMeta},
		{name: "missing", meta: at(9, 9, "three"), entries: []string{"a=3", "d=1"},
			want: TableReport{Equal: 2, Counts: [3]int64{1, 0, 0}, Samples: []Difference{difference(Missing, "e", 6)}}},
		{name: "deleted in the log", meta: at(9, 9, "three"), entries: []string{"a=3", "b=1", "d=1", "e="},
			want: TableReport{Equal: 3, Counts: [3]int64{0, 1, 0}, Samples: []Difference{difference(Extra, "b", 4)}}},
		{name: "never in the log", meta: at(9, 9, "three"), entries: []string{"a=3", "c=1", "d=1", "e="},
			want: TableReport{Equal: 3, Counts: [3]int64{0, 1, 0}, Samples: []Difference{difference(Extra, "c", NoPosition)}}},
		{name: "an older value", meta: at(9, 9, "three"), entries: []string{"a=2", "d=1", "e="},
			want: TableReport{Equal: 2, Counts: [3]int64{0, 0, 1}, Samples: []Difference{difference(Different, "a", 8)}}},
		{name: "a value from beyond its position", meta: at(5, 5, "two"), entries: []string{"a=3"},
			want: TableReport{Counts: [3]int64{0, 0, 1}, Samples: []Difference{difference(Different, "a", 3)}}},
		{name: "ahead of the log", meta: at(12, 9, "three"), entries: []string{"a=3", "d=1", "e="}, want: TableReport{Equal: 3},
			problem: "table is at position 12, but the changelog ends at 10"},
		{name: "another incarnation", meta: meta{incarnation: 2, position: 9, fence: 9, owner: "three"}, entries: []string{"a=3", "d=1", "e="}, want: TableReport{Equal: 3},
			problem: "table is of incarnation 2, the changelog of 1 (fence at 9)"},
		{name: "an owner of another log", meta: at(9, 9, "stranger"), entries: []string{"a=3", "d=1", "e="}, want: TableReport{Equal: 3},
			problem: "fence at 9 is of another owner"},
		{name: "a fence overlooked", meta: at(9, 5, "two"), entries: []string{"a=3", "d=1", "e="}, want: TableReport{Equal: 3},
			problem: "table knows the fence at 5 as the last below its position, the changelog has it at 9"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fs := vfs.NewMem()
			written(t, fs, "table", test.meta, test.entries...)
			got, err := c.Verify(t.Context(), VerifyOptions{Changelog: "log", Dir: "table", Table: TableOptions{FS: fs}, Samples: 5})
			if err != nil {
				t.Fatal(err)
			}
			problems := strings.Join(got.Problems, "\n")
			if (problems == "") != (test.problem == "") || !strings.Contains(problems, test.problem) {
				t.Errorf("problems %q, want %q", got.Problems, test.problem)
			}
			if want := test.problem != "" || test.want.Counts != [3]int64{}; got.Differs() != want {
				t.Errorf("differs %t, want %t", got.Differs(), want)
			}
			test.want.Position, test.want.End, test.want.Problems = test.meta.position, 10, got.Problems
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if behind := max(9-test.meta.position, 0); got.Behind() != int64(behind) {
				t.Errorf("behind by %d, want %d", got.Behind(), behind)
			}
		})
	}
}

// testVerifyCompacted verifies copies of a log that holds one key, whose value is
// its position, the newest at last, and of whose older records some are gone.
func testVerifyCompacted(t *testing.T, c *Cluster, tp topicPartition, last Position) {
	t.Helper()
	for _, test := range []struct {
		position Position
		entry    string
		want     TableReport
	}{
		{0, "k=0", TableReport{Overwritten: 1}},
		{last, fmt.Sprintf("k=%d", last), TableReport{Equal: 1}},
		{last, "k=other", TableReport{Counts: [3]int64{0, 0, 1}}},
	} {
		fs := vfs.NewMem()
		written(t, fs, "table", meta{position: test.position, fence: NoPosition}, test.entry)
		got, err := c.Verify(t.Context(), VerifyOptions{Changelog: tp.topic, Dir: "table", Table: TableOptions{FS: fs}})
		if err != nil {
			t.Fatal(err)
		}
		if got.Equal != test.want.Equal || got.Overwritten != test.want.Overwritten || got.Counts != test.want.Counts {
			t.Errorf("table at %d of %d: got %+v, want %+v", test.position, last, got, test.want)
		}
	}
}

// A report names no more differences of a kind than asked for, and counts all.
func TestVerifySamples(t *testing.T) {
	t.Parallel()
	k := kafkatest.StartFake(t)
	c := connect(k.Addrs...)
	t.Cleanup(c.Close)
	makeTopic(t, c, "log", nil)
	logged(t, c, "log", "!one", "a=1", "b=1", "c=1")
	fs := vfs.NewMem()
	written(t, fs, "table", meta{incarnation: 1, position: 3, fence: 0, owner: "one"}, "x=1", "y=1")
	got, err := c.Verify(t.Context(), VerifyOptions{Changelog: "log", Dir: "table", Table: TableOptions{FS: fs}, Samples: 1})
	if err != nil || got.Counts != [3]int64{3, 2, 0} || len(got.Samples) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A table that a worker has open is not read, nor is its directory changed.
func TestVerifyOfTableInUse(t *testing.T) {
	t.Parallel()
	c := connect("127.0.0.1:1") // never asked
	dir := filepath.Join(t.TempDir(), "0")
	written(t, nil, dir, meta{incarnation: 1, position: 3, fence: 0, owner: "one"}, "x=1")
	table, err := OpenTable(dir, TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := c.Verify(ctx, VerifyOptions{Changelog: "log", Dir: dir}); !errors.Is(err, ErrTableInUse) {
		t.Errorf("got %v, want %v", err, ErrTableInUse)
	}
	if _, err := c.Verify(ctx, VerifyOptions{Changelog: "log", Dir: dir + "-none"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %v", err, os.ErrNotExist)
	}
}

// Opened for reading, a table can be read although its tail is only in its log
// of writes, and nothing in its directory is changed.
func TestReadOnlyTableIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "0")
	written(t, nil, dir, meta{incarnation: 1, position: 3, fence: 0, owner: "one"}, "x=1")
	before := files(t, dir)
	table, err := openTableReadOnly(dir, TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := value(table.db, spaceLogged, []byte("x")); string(v) != "1" || err != nil || table.Position() != 3 {
		t.Errorf("got %q, %v at %d", v, err, table.Position())
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("the directory changed: %s", diff)
	}
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}
