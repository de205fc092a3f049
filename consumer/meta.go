package consumer

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

var metaKey = []byte{spaceMeta, 'p'}

// tableFormat changes when a directory written before can no longer be read;
// such a directory is wiped and restored.
const tableFormat = 1

// errTableFormat says that the directory is of another format.
var errTableFormat = errors.New("table of another format")

// meta says of which changelog a table is a copy, and how far.
type meta struct {
	incarnation int64
	position    Position // of the last record in the table
	// fence is the position of the last fence at or below position. The log still
	// holds it, with the same owner, unless there is a newer one above position,
	// so that a copy of another log is recognised.
	fence Position
	owner string // of that fence
}

// metaSize is the length of an encoded meta without its owner.
const metaSize = 25

var noMeta = meta{position: NoPosition, fence: NoPosition}

func (m meta) encode() []byte {
	v := make([]byte, 1, metaSize+len(m.owner))
	v[0] = tableFormat
	v = binary.BigEndian.AppendUint64(v, uint64(m.incarnation))
	v = binary.BigEndian.AppendUint64(v, uint64(m.position))
	v = binary.BigEndian.AppendUint64(v, uint64(m.fence))
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
	if len(v) < metaSize || v[0] != tableFormat {
		return errTableFormat
	}
	t.meta = meta{
		incarnation: int64(binary.BigEndian.Uint64(v[1:])),
		position:    Position(binary.BigEndian.Uint64(v[9:])),
		fence:       Position(binary.BigEndian.Uint64(v[17:])),
		owner:       string(v[metaSize:]),
	}
	return nil
}
