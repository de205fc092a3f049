package consumer

import (
	"fmt"
	"iter"

	"github.com/cespare/xxhash/v2"
	"github.com/cockroachdb/pebble/v2"
)

// Tx collects what one call of a Processor reads and writes, and is committed
// as a whole: changelog acknowledged → emissions and dead letters acknowledged
// → table with the position → source offsets (I2). Reads see the Tx's own
// writes. It belongs to the task's goroutine and is dead after the call.
type Tx struct {
	table       *Table
	batch       *pebble.Batch
	incarnation int64
	next        Position // predicted position of the next changelog record

	written     map[uint64]struct{} // hashes of the keys in batch; others are read from the table
	log         []Write
	logBytes    int
	emissions   []Emission
	deadLetters []DeadLetter
	afterCommit []func()
	fingerprint []byte
	renew       bool // write the fence anew
	err         error
}

func newTx(t *Table, incarnation int64, next Position) *Tx {
	return &Tx{table: t, batch: t.db.NewIndexedBatch(), written: map[uint64]struct{}{}, incarnation: incarnation, next: next}
}

// reader returns what has the newest value of a key: the batch if it may hold
// the key, else the table itself, which is far cheaper to read.
func (tx *Tx) reader(space byte, key []byte) pebble.Reader {
	if _, ok := tx.written[keyHash(space, key)]; ok {
		return tx.batch
	}
	return tx.table.db
}

// set and unset write one key to the batch.
func (tx *Tx) set(space byte, key, value []byte) {
	tx.written[keyHash(space, key)] = struct{}{}
	tx.fail(tx.batch.Set(tableKey(space, key), value, nil))
}

func (tx *Tx) unset(space byte, key []byte) {
	tx.written[keyHash(space, key)] = struct{}{}
	tx.fail(tx.batch.Delete(tableKey(space, key), nil))
}

func keyHash(space byte, key []byte) uint64 { return xxhash.Sum64(key) ^ uint64(space) }

// Incarnation returns the life of the changelog this task writes: the time of
// its first fence, milliseconds since the Unix epoch.
func (tx *Tx) Incarnation() int64 { return tx.incarnation }

// Position returns the position of the last record of this task's changelog,
// this Tx's own writes included.
func (tx *Tx) Position() Position { return tx.next - 1 }

// Next returns the position that the next Put or Delete will have. It is used
// by no other record, ever, so it can serve as a number.
func (tx *Tx) Next() Position { return tx.next }

// Value returns a copy of the value of a logged key, nil if there is none.
func (tx *Tx) Value(key []byte) ([]byte, error) {
	return value(tx.reader(spaceLogged, key), spaceLogged, key)
}

// Scan yields the logged entries whose keys begin with prefix, from the first
// key not below from. Entries are valid until the next; writing while scanning
// is allowed and not seen by the scan.
func (tx *Tx) Scan(prefix, from []byte) iter.Seq2[Entry, error] {
	return scan(tx.batch, spaceLogged, prefix, from)
}

// Put logs key = value and returns the record's position. The position holds
// once the Tx is committed; if the log turns out otherwise, the Tx is dropped
// and the task taken over anew. The Tx keeps both slices.
func (tx *Tx) Put(key, value []byte) Position {
	if value == nil {
		value = []byte{}
	}
	tx.set(spaceLogged, key, value)
	return tx.append(Write{key, value})
}

// Delete logs a tombstone for key and returns its position.
func (tx *Tx) Delete(key []byte) Position {
	tx.unset(spaceLogged, key)
	return tx.append(Write{Key: key})
}

func (tx *Tx) append(w Write) Position {
	tx.log = append(tx.log, w)
	tx.logBytes += len(w.Key) + len(w.Value)
	p := tx.next
	tx.next++
	return p
}

// Derived returns a copy of the value of a derived key, nil if there is none.
func (tx *Tx) Derived(key []byte) ([]byte, error) {
	return value(tx.reader(spaceDerived, key), spaceDerived, key)
}

// ScanDerived is Scan for derived keys.
func (tx *Tx) ScanDerived(prefix, from []byte) iter.Seq2[Entry, error] {
	return scan(tx.batch, spaceDerived, prefix, from)
}

// PutDerived sets a derived key: local, never logged, changed atomically with
// the logged ones.
func (tx *Tx) PutDerived(key, value []byte) {
	tx.set(spaceDerived, key, value)
}

// DeleteDerived removes a derived key.
func (tx *Tx) DeleteDerived(key []byte) {
	tx.unset(spaceDerived, key)
}

// Emit sends a message after the changelog and before the table (I2). The Tx
// keeps the slices.
func (tx *Tx) Emit(e Emission) { tx.emissions = append(tx.emissions, e) }

// DeadLetter notes a record that cannot be used.
func (tx *Tx) DeadLetter(d DeadLetter) { tx.deadLetters = append(tx.deadLetters, d) }

// AfterCommit has f called on the task's goroutine once all of the Tx is
// committed, in the order of the calls: the place to start a request that had
// to be logged first (I4). It is not called when the commit fails.
func (tx *Tx) AfterCommit(f func()) { tx.afterCommit = append(tx.afterCommit, f) }

// SetFingerprint records what decides the stage's output, for Start of the next
// owner. A stage calls it when all output agrees with it.
func (tx *Tx) SetFingerprint(f []byte) { tx.fingerprint = append([]byte{}, f...) }

// LogBytes returns the size of what was logged so far, so that a stage can do
// its work in slices.
func (tx *Tx) LogBytes() int { return tx.logBytes }

// fail keeps the first error of the local batch; the commit returns it.
func (tx *Tx) fail(err error) {
	if err != nil && tx.err == nil {
		tx.err = fmt.Errorf("write table batch: %w", err)
	}
}

// empty reports whether there is nothing to commit but offsets.
func (tx *Tx) empty() bool {
	return len(tx.log) == 0 && len(tx.emissions) == 0 && len(tx.deadLetters) == 0 &&
		tx.fingerprint == nil && !tx.renew && tx.batch.Empty()
}

func (tx *Tx) discard() error { return tx.batch.Close() }
