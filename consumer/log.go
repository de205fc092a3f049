package consumer

import (
	"context"
	"errors"
	"iter"
	"time"
)

// ErrFenced means that a newer owner has taken the task over, or that somebody
// else wrote to its changelog. The owner must drop everything at once and write
// nothing more (I3).
var ErrFenced = errors.New("fenced by a newer owner")

// LogRecord is one record of a changelog as read back.
type LogRecord struct {
	Position Position
	Key      []byte
	Value    []byte // nil = tombstone
	Time     time.Time
	// Stray is set when the record was written for another position. It does not
	// count: its writer did not know all of the log before it.
	Stray bool
}

// Offsets are the next offsets to read, per input topic of a task.
type Offsets map[string]int64

// Log is what a task writes to and restores from: its changelog partition, the
// output topics, the group's offsets. The engine's implementation is Kafka's;
// consumertest has one in memory. It belongs to the task's goroutine.
type Log interface {
	// Open becomes the newest writer of the changelog and returns the position
	// of its end: that of the next record. Former writers are refused from this
	// writer's first Append on, at the latest, where brokers grant a transactional id.
	Open(ctx context.Context) (end Position, err error)
	// Renew gets a new epoch for the present writer, so that the broker does not
	// forget it. It returns ErrFenced when this writer is no longer the newest.
	Renew(ctx context.Context) error
	// End returns the position of the end: that of the next record.
	End(ctx context.Context) (Position, error)
	// Start returns the position of the oldest record kept.
	Start(ctx context.Context) (Position, error)
	// Read yields the records from position from up to but without to, in order.
	// Compaction leaves holes. An error ends the sequence and is its last element.
	Read(ctx context.Context, from, to Position) iter.Seq2[LogRecord, error]
	// Append writes the records, all or (on error) an unknown number of them, for
	// the position at and those after it (NoPosition = wherever the end is). It
	// returns the position of the last, less the number of those before it: that of
	// the first, unless somebody else wrote in between. Records that came to be
	// elsewhere are strays, unless their writer is fenced by the broker, which it is
	// told by ErrFenced.
	Append(ctx context.Context, at Position, records []Write) (Position, error)
	// Send writes emissions and dead letters and returns when all are acknowledged.
	Send(ctx context.Context, emissions []Emission, deadLetters []DeadLetter) error
	// Commit records that everything below the offsets was consumed.
	Commit(ctx context.Context, o Offsets) error
}

// Write is one record for the changelog.
type Write struct {
	Key   []byte
	Value []byte // nil = tombstone
}
