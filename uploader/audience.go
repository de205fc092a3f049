package uploader

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// audience is one audience while the task owns it: the logged row, the derived
// numbers, and what is going on, which a crash may take.
type audience struct {
	key     string
	options AudienceOptions
	row     *musterpb.Audience
	logged  bool // the row is in the changelog
	changed bool // the row differs from the logged one
	sweep   bool // every member must be looked at before the next window

	counts  counts
	carried map[int64]int64 // batch → members that carry it
	moved   map[int64]bool  // batches whose number of carriers changed in this call

	window    *window
	replacing *replacing
	link      link
	flight    bool // a request is in flight
	sweepAt   []byte
	// forgotTo is the first member not looked at while the audience is forgotten.
	forgotTo []byte
	touched  bool

	unknown      unknownAnswer
	holdUntil    time.Time // no window before
	blockedUntil time.Time // no window before, for a person must act
	lastChange   time.Time // of what is desired
	lastCall     time.Time // when it was its turn last
	readMs       int64     // when its size was asked for last
	unsentSince  time.Time // zero: all is sent
	overdue      overdue
	links        traceLinks
	notes        notes

	status status
}

// unsettled is the number of members that nobody sent but that are not confirmed
// either. It is higher than any batch, so it counts as open.
const unsettled = math.MaxInt64

// confirmed reports whether a batch is not open. A number that is higher than
// any this row knows is open: it comes from a changelog whose audience row was
// compacted away before its members.
func (a *audience) confirmed(batch int64) bool {
	return batch <= a.row.LastBatch && !slices.Contains(a.row.Open, batch)
}

// openBatch lists a new batch as open and logs the row, before any member that will
// carry the number (I4). The number is the position of that record.
func (t *task) openBatch(tx *consumer.Tx, a *audience) (int64, error) {
	n := int64(tx.Next())
	a.row.Open = append(a.row.Open, n)
	a.row.LastBatch = n
	a.moved[n] = true // looked at by prune even if no member comes to carry it
	t.touch(a)
	return n, t.log(tx, a)
}

// closeBatch takes a batch off the list: its members are confirmed.
func (t *task) closeBatch(a *audience, batch int64) {
	if i := slices.Index(a.row.Open, batch); i >= 0 {
		a.row.Open = slices.Delete(a.row.Open, i, i+1)
		a.changed = true
		t.touch(a)
	}
}

// prune closes the batches that no member carries any more, since all were
// logged again under others.
func (t *task) prune(a *audience) {
	for _, n := range slices.Clone(a.row.Open) {
		if a.carried[n] == 0 && !a.window.holds(n) && n != a.row.Replace.GetBatch() {
			t.closeBatch(a, n)
		}
	}
}

// released is the number of members that no batch speaks of: never open, and
// not before since.
func (a *audience) released() int64 { return a.row.Since }

func (a *audience) carry(was, is *facts) {
	if was.batch == is.batch {
		return
	}
	for _, x := range []struct{ batch, by int64 }{{was.batch, -1}, {is.batch, +1}} {
		if x.batch != 0 {
			a.carried[x.batch] += x.by
			a.moved[x.batch] = true
		}
	}
}

// log writes the row to the changelog.
func (t *task) log(tx *consumer.Tx, a *audience) error {
	value, err := a.row.MarshalVT()
	if err != nil {
		return fmt.Errorf("encode audience %q: %w", a.key, err)
	}
	tx.Put([]byte(a.key), value)
	a.logged, a.changed = true, false
	return nil
}

// flush writes what a call has changed of its audiences.
func (t *task) flush(tx *consumer.Tx) error {
	for _, a := range t.touched {
		t.prune(a)
		a.flushDerived(tx)
		if a.changed {
			if err := t.log(tx, a); err != nil {
				return err
			}
		}
		a.status.stale = true
		a.touched = false
	}
	t.touched = t.touched[:0]
	return nil
}

func (a *audience) flushDerived(tx *consumer.Tx) {
	for batch := range a.moved {
		if a.carried[batch] == 0 {
			delete(a.carried, batch)
			tx.DeleteDerived(carriersKey(a.key, batch))
		} else {
			tx.PutDerived(carriersKey(a.key, batch), binary.AppendVarint(nil, a.carried[batch]))
		}
	}
	clear(a.moved)
	tx.PutDerived(wholeKey(spaceCounts, a.key), a.counts.encode())
}

func newAudience(key string, o AudienceOptions) *audience {
	return &audience{
		key: key, options: o, row: new(musterpb.Audience),
		carried: make(map[int64]int64), moved: make(map[int64]bool),
	}
}

// audience returns the audience of a key, read on first sight.
func (t *task) audience(tx *consumer.Tx, key string) (*audience, error) {
	if a := t.audiences[key]; a != nil {
		return a, nil
	}
	a := newAudience(key, t.options.of(key))
	value, err := tx.Value([]byte(key))
	if err != nil {
		return nil, err
	}
	if value != nil {
		if err := a.row.UnmarshalVT(value); err != nil {
			return nil, fmt.Errorf("read audience %q: %w", key, err)
		}
		a.logged = true
	}
	if err := a.readDerived(tx); err != nil {
		return nil, err
	}
	t.audiences[key] = a
	t.order = append(t.order, a)
	return a, nil
}

func (a *audience) readDerived(tx *consumer.Tx) error {
	value, err := tx.Derived(wholeKey(spaceCounts, a.key))
	if err != nil {
		return err
	}
	a.counts = decodeCounts(value)
	if value, err = tx.Derived(wholeKey(spaceSweep, a.key)); err != nil {
		return err
	}
	a.sweep = value != nil
	prefix := derivedKey(spaceCarriers, a.key)
	for e, err := range tx.ScanDerived(prefix, nil) {
		if err != nil {
			return err
		}
		n, _ := binary.Varint(e.Value)
		a.carried[int64(binary.BigEndian.Uint64(e.Key[len(prefix):]))] = n
	}
	return nil
}

func (a *audience) account() facebook.AccountID { return facebook.AccountID(a.row.Account) }
func (a *audience) id() facebook.AudienceID     { return facebook.AudienceID(a.row.FacebookId) }
