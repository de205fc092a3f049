package consumer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/cockroachdb/pebble/v2"
	"github.com/segmentio/kafka-go"
)

// positionHeader names the position that a record of an unfenced writer is meant
// for, in decimal digits, so that an operator can read it with Kafka's own tools.
const positionHeader = "position"

func meantFor(at Position) []kafka.Header {
	return []kafka.Header{{Key: positionHeader, Value: strconv.AppendInt(nil, int64(at), 10)}}
}

// isStray reports whether a record at a position was meant for another one.
func isStray(at Position, headers []kafka.Header) bool {
	for _, h := range headers {
		if h.Key == positionHeader {
			return string(h.Value) != strconv.FormatInt(int64(at), 10)
		}
	}
	return false
}

// strays are the keys whose last record in the changelog is a stray, with its
// position. Compaction will remove what counts in favour of it, so the next owner
// writes them again.
type strays map[string]Position

func (s *strays) note(rec LogRecord) {
	switch {
	case isFence(rec.Key):
	case !rec.Stray:
		delete(*s, string(rec.Key))
	case *s == nil:
		*s = strays{}
		fallthrough
	default:
		(*s)[string(rec.Key)] = rec.Position
	}
}

// strayKey holds the position of the first stray at or below the table's position
// that was not written again yet, for the case that its owner dies before.
var strayKey = []byte{spaceMeta, 's'}

func (s strays) save(b *pebble.Batch) error {
	if len(s) == 0 {
		return b.Delete(strayKey, nil)
	}
	first := slices.Min(slices.Collect(maps.Values(s)))
	return b.Set(strayKey, binary.BigEndian.AppendUint64(nil, uint64(first)), nil)
}

// load finds the strays at or below the table's position.
func (s *strays) load(ctx context.Context, w *Owner) error {
	v, closer, err := w.table.db.Get(strayKey)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read position of strays: %w", err)
	}
	first := Position(binary.BigEndian.Uint64(v))
	if err := closer.Close(); err != nil {
		return fmt.Errorf("read position of strays: %w", err)
	}
	for rec, err := range w.log.Read(ctx, first, w.table.meta.position+1) {
		if err != nil {
			return fmt.Errorf("read strays from %d: %w", first, err)
		}
		s.note(rec)
	}
	return nil
}

// repairBytes bounds what one commit of a repair logs.
const repairBytes = 4 << 20

// repair writes again what the table says of keys with strays. The next restore
// sees that and forgets them.
func (w *Owner) repair(ctx context.Context, s strays, repaired func(keys int)) error {
	if len(s) == 0 {
		return nil
	}
	for keys := slices.Sorted(maps.Keys(s)); len(keys) > 0; {
		err := w.commit(ctx, nil, func(tx *Tx) error {
			for len(keys) > 0 && tx.LogBytes() < repairBytes {
				key := []byte(keys[0])
				v, err := tx.Value(key)
				switch {
				case err != nil:
					return err
				case v == nil:
					tx.Delete(key)
				default:
					tx.Put(key, v)
				}
				keys = keys[1:]
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("write keys of stray records again: %w", err)
		}
	}
	if repaired != nil {
		repaired(len(s))
	}
	return nil
}
