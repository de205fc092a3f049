package uploader

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"

	"muster/schema"
	"muster/schema/musterpb"
)

// facts are what the derived keys hold of a logged member. They follow from the
// stored row alone, so that a restore finds the same ones.
type facts struct {
	exists      bool
	in          bool
	unmatchable bool
	why         musterpb.Unmatchable
	keys        schema.KeySet // of the desired rows
	desired     int
	synced      int
	refused     bool
	stranger    bool
	batch       int64
	emptiedMs   int64
	erased      bool
	erasedMs    int64
	audit       bool
	strong      []strongKey // of the synced rows
}

// strongKey stands for one value of one strong key: the key and 64 bits of the
// value. Whoever finds a member by it compares the values themselves.
type strongKey [9]byte

func strongKeyOf(k schema.Key, value []byte) strongKey {
	s := strongKey{byte(k)}
	if len(value) == 32 {
		copy(s[1:], value) // a hash already
	} else {
		binary.BigEndian.PutUint64(s[1:], xxhash.Sum64(value))
	}
	return s
}

// strongKeysOf returns the strong keys of rows, each once.
func strongKeysOf(rows []*musterpb.Row) []strongKey {
	var keys []strongKey
	for _, r := range rows {
		for _, k := range strongKeys {
			if v := schema.Value(r, k); len(v) > 0 {
				keys = appendNew(keys, strongKeyOf(k, v))
			}
		}
	}
	return keys
}

func appendNew[T comparable](list []T, v T) []T {
	for _, x := range list {
		if x == v {
			return list
		}
	}
	return append(list, v)
}

// keysOf returns the keys that any of rows has.
func keysOf(rows []*musterpb.Row) schema.KeySet {
	var keys schema.KeySet
	for _, r := range rows {
		for k := range schema.Key(schema.NumKeys) {
			if len(schema.Value(r, k)) > 0 {
				keys |= schema.KeysOf(k)
			}
		}
	}
	return keys
}

func factsOf(m *musterpb.Member) facts {
	return facts{
		exists:      true,
		in:          m.In,
		unmatchable: m.In && len(m.Desired) == 0,
		why:         m.Unmatchable,
		keys:        keysOf(m.Desired),
		desired:     len(m.Desired),
		synced:      len(m.Synced),
		refused:     len(m.Refused) > 0,
		stranger:    m.Stranger,
		batch:       m.Batch,
		emptiedMs:   m.EmptiedMs,
		erased:      m.Erased,
		erasedMs:    m.ErasedMs,
		audit:       len(m.Audit) > 0,
		strong:      strongKeysOf(m.Synced),
	}
}
