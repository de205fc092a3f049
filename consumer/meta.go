package consumer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

var metaKey = []byte{spaceMeta, 'p'}

// tableFormat changes when a directory written before can no longer be read;
// such a directory is wiped and restored.
const tableFormat = 5

// meta says of which changelog a table is a copy, and how far.
type meta struct {
	incarnation int64
	position    Position // of the last record in the table
	// fence is the position of the last fence at or below position. The log still
	// holds it, with the same owner, unless there is a newer one above position,
	// so that a copy of another log is recognised.
	fence Position
	// owner is that of the fence. A first restore that was broken off before it met
	// a fence, of which compaction leaves the last one only, has the mark of the
	// record at position instead: see mark.
	owner string
	// current is when the table was last known to hold all of its changelog, or when
	// its first restore began, in milliseconds of the wall clock. Once tombstones
	// written since may be gone, so that a restore would miss what they removed, the
	// copy is too old.
	current int64
}

// metaSize is the length of an encoded meta without its owner.
const metaSize = 33

var noMeta = meta{position: NoPosition, fence: NoPosition}

func (m meta) encode() []byte {
	v := make([]byte, 1, metaSize+len(m.owner))
	v[0] = tableFormat
	v = binary.BigEndian.AppendUint64(v, uint64(m.incarnation))
	v = binary.BigEndian.AppendUint64(v, uint64(m.position))
	v = binary.BigEndian.AppendUint64(v, uint64(m.fence))
	v = binary.BigEndian.AppendUint64(v, uint64(m.current))
	return append(v, m.owner...)
}

func (t *Table) readMeta() error {
	v, closer, err := t.db.Get(metaKey)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read position: %w", err)
	}
	defer closer.Close()
	t.meta, err = decodeMeta(v)
	return err
}

func decodeMeta(v []byte) (meta, error) {
	if len(v) < metaSize || v[0] != tableFormat {
		return meta{}, fmt.Errorf("%w: it is of another format", errUnusable)
	}
	return meta{
		incarnation: int64(binary.BigEndian.Uint64(v[1:])),
		position:    Position(binary.BigEndian.Uint64(v[9:])),
		fence:       Position(binary.BigEndian.Uint64(v[17:])),
		current:     int64(binary.BigEndian.Uint64(v[25:])),
		owner:       string(v[metaSize:]),
	}, nil
}

// clockSlack is how far the clocks of a process and its successor may differ.
const clockSlack = time.Hour

// age returns an error when the table is older than maxAge, or cannot be dated
// because the clock went back since. A maxAge of 0 is none.
func (m meta) age(now time.Time, maxAge time.Duration) error {
	if m.position == NoPosition || maxAge == 0 {
		return nil
	}
	age := now.Sub(time.UnixMilli(m.current))
	if age < -clockSlack {
		return fmt.Errorf("table is of %s, which is yet to come: %w", time.UnixMilli(m.current).UTC().Format(time.RFC3339), ErrWipe)
	}
	if age > maxAge {
		return fmt.Errorf("table was last current %s ago, tombstones written since may be gone after %s: %w", age.Round(time.Minute), maxAge, ErrWipe)
	}
	return nil
}
