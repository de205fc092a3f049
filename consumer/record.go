package consumer

import (
	"time"

	"github.com/segmentio/kafka-go"
)

// Position is an offset in a task's changelog partition. It only grows, across
// owners too, within one incarnation of the changelog.
type Position int64

// NoPosition is the position of a table that has seen nothing of its changelog.
const NoPosition Position = -1

// Record is one message of an input topic.
type Record struct {
	Topic     string
	Partition int
	Offset    int64
	// Time is the record's timestamp (creation or append time, as the topic has it).
	Time    time.Time
	Key     []byte // nil when the record has none
	Value   []byte // nil for a tombstone
	Headers []kafka.Header

	// Replay is set below the end offset noted when this owner took over. What a
	// former owner emitted for such a record may be lost, so the stage emits all
	// that the record touches, changed or not (see doc.go, "Takeover").
	Replay bool
}

// size is what the record counts against the limits of a batch, in bytes.
func (r *Record) size() int { return len(r.Key) + len(r.Value) + 64 }

// Emission is one message for an output topic, sent after the changelog of the
// same transaction was acknowledged and before the table is changed (I2).
type Emission struct {
	Topic     string
	Partition int
	Key       []byte
	Value     []byte // nil = tombstone
	Headers   []kafka.Header
}

// DeadLetter notes a record that cannot be used: reason and coordinates, never
// content (I7, I8).
type DeadLetter struct {
	Reason    string `json:"reason"`
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	Offset    int64  `json:"offset"`
	KeyHash   string `json:"key_hash,omitempty"` // hex, empty when the record had no key
	Size      int    `json:"size"`               // bytes of the value
}
