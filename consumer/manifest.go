package consumer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/atomicfs"
	"github.com/cockroachdb/pebble/v2/wal"
)

// checkManifest returns an error when the list of a table's files has lost its
// end. Pebble takes what it can read of a MANIFEST for all of it, and so goes back
// to files that it has replaced since: without the records of a log that it deleted
// when they were in a table file, and with sequence numbers that it has given
// before, so that compaction keeps the older of two values, or ends the process.
// Such a table is no prefix of its changelog, and nothing would tell.
func checkManifest(disk vfs.FS, dir string) error {
	name, err := atomicfs.ReadMarker(disk, dir, "manifest")
	if err != nil {
		return fmt.Errorf("find MANIFEST: %w", err)
	}
	if name == "" {
		return nil // a new table
	}
	m, err := readManifest(disk, disk.PathJoin(dir, name))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if m.tables && m.lastSequence == 0 {
		return fmt.Errorf("%s lists table files but no sequence number: its end is missing", name)
	}
	first, err := firstSequence(disk, dir, m.log)
	if err != nil {
		return fmt.Errorf("look for the first record after %s: %w", name, err)
	}
	if next := max(m.lastSequence+1, firstOfAll); first > next {
		return fmt.Errorf("%s ends before sequence number %d, the log begins at %d: its end is missing", name, next, first)
	}
	return nil
}

// firstOfAll is the first sequence number that Pebble gives.
const firstOfAll = 10

// firstSequence returns the sequence number of the first record in the logs from
// one on, 0 if there is none.
func firstSequence(disk vfs.FS, dir string, from uint64) (uint64, error) {
	logs, err := wal.Scan(wal.Dir{FS: disk, Dirname: dir})
	if err != nil {
		return 0, err
	}
	for _, l := range logs {
		if uint64(l.Num) < from {
			continue
		}
		if n, err := firstIn(l); n != 0 || err != nil {
			return n, err
		}
	}
	return 0, nil
}

func firstIn(l wal.LogicalLog) (n uint64, err error) {
	r := l.OpenForRead()
	defer func() { err = errors.Join(err, r.Close()) }()
	rec, _, err := r.NextRecord()
	if errors.Is(err, io.EOF) || record.IsInvalidRecord(err) {
		return 0, nil // Pebble knows what to do about a log
	}
	if err != nil {
		return 0, err
	}
	var head [8]byte
	if _, err := io.ReadFull(rec, head[:]); err != nil {
		return 0, fmt.Errorf("read batch: %w", err)
	}
	return binary.LittleEndian.Uint64(head[:]), nil
}

// manifest is what is checked of the list of a table's files.
type manifest struct {
	log          uint64 // the first that is needed
	lastSequence uint64
	tables       bool // table files are listed
}

// The tags of a version edit's fields that stand before those of table files. An
// edit is written in this order and the numbers are RocksDB's, so they stay.
const (
	editComparer       = 1
	editLog            = 2
	editNextFile       = 3
	editLastSequence   = 4
	editPrevLog        = 9
	editCreatedBacking = 105
	editRemovedBacking = 106
)

// readManifest reads a MANIFEST to its end.
func readManifest(disk vfs.FS, path string) (m manifest, err error) {
	f, err := disk.Open(path)
	if err != nil {
		return m, err
	}
	defer f.Close()
	records := record.NewReader(f, 0)
	for {
		rec, err := records.Next()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return m, err
		}
		edit, err := io.ReadAll(rec)
		if err != nil {
			return m, err
		}
		if err := m.apply(edit); err != nil {
			return m, fmt.Errorf("decode version edit: %w", err)
		}
	}
}

// apply takes what is of interest from a version edit.
func (m *manifest) apply(edit []byte) error {
	r := bytes.NewReader(edit)
	for r.Len() > 0 {
		tag, err := binary.ReadUvarint(r)
		if err != nil {
			return err
		}
		skip := 0 // numbers to be passed over
		switch tag {
		case editComparer:
			n, err := binary.ReadUvarint(r)
			if err != nil {
				return err
			}
			if _, err := io.CopyN(io.Discard, r, int64(n)); err != nil {
				return err
			}
		case editLog:
			m.log, err = binary.ReadUvarint(r)
		case editLastSequence:
			m.lastSequence, err = binary.ReadUvarint(r)
		case editNextFile, editPrevLog, editRemovedBacking:
			skip = 1
		case editCreatedBacking:
			skip = 2
		default:
			m.tables = true
			return nil
		}
		for range skip {
			if _, err := binary.ReadUvarint(r); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
