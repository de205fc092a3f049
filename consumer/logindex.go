package consumer

import (
	"hash/maphash"
	"slices"
)

// logIndex is what Verify keeps of a changelog: by hash of the key, the newest
// record at or below the table's position, and which keys were written above it.
type logIndex struct {
	seed  maphash.Seed
	limit Position // of the table
	keys  map[uint64]indexed
	above map[uint64]struct{}
	// fence and later are the last fences at or below limit and above it.
	fence, later seenFence
}

type indexed struct {
	at    Position
	value uint64 // hash; deleted for a tombstone
}

// deleted is no hash of a value.
const deleted = 0

type seenFence struct {
	fence
	at Position
}

func newLogIndex(limit Position) logIndex {
	return logIndex{
		seed: maphash.MakeSeed(), limit: limit, keys: map[uint64]indexed{}, above: map[uint64]struct{}{},
		fence: seenFence{at: NoPosition}, later: seenFence{at: NoPosition},
	}
}

func (x *logIndex) add(rec LogRecord) error {
	if rec.Stray {
		return nil
	}
	if isFence(rec.Key) {
		f, err := decodeFence(rec)
		if err != nil {
			return err
		}
		if rec.Position > x.limit {
			x.later = seenFence{f, rec.Position}
		} else {
			x.fence = seenFence{f, rec.Position}
		}
		return nil
	}
	key := maphash.Bytes(x.seed, rec.Key)
	if rec.Position > x.limit {
		x.above[key] = struct{}{}
		return nil
	}
	value := uint64(deleted)
	if rec.Value != nil {
		value = x.value(rec.Value)
	}
	x.keys[key] = indexed{rec.Position, value}
	return nil
}

func (x *logIndex) value(v []byte) uint64 {
	if h := maphash.Bytes(x.seed, v); h != deleted {
		return h
	}
	return deleted + 1
}

type verdict int

const (
	verdictEqual verdict = iota
	verdictOverwritten
	verdictExtra
	verdictDifferent
)

// take judges one key of the table and forgets it, so that left is what the
// table has not.
func (x *logIndex) take(key, value []byte) (Position, verdict) {
	h := maphash.Bytes(x.seed, key)
	is, known := x.keys[h]
	delete(x.keys, h)
	_, above := x.above[h]
	switch {
	case !known && above:
		// Compaction keeps the newest record only: what was here is gone.
		return NoPosition, verdictOverwritten
	case !known:
		return NoPosition, verdictExtra
	case is.value == deleted:
		return is.at, verdictExtra
	case is.value != x.value(value):
		return is.at, verdictDifferent
	default:
		return is.at, verdictEqual
	}
}

// left returns the positions of the values that nobody took, in order.
func (x *logIndex) left() []Position {
	var at []Position
	for _, is := range x.keys {
		if is.value != deleted {
			at = append(at, is.at)
		}
	}
	slices.Sort(at)
	return at
}
