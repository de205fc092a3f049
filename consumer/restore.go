package consumer

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// restoreBatchBytes bounds what one local batch of a restore holds.
const restoreBatchBytes = 4 << 20

// restore brings the table up to the changelog.
type restore struct {
	owner    *Owner
	progress func(done, total int64)

	fence fence    // last fence seen, in the log or known to the table
	last  Position // its position, NoPosition without one
	done  int64    // records applied
	// strays are the keys whose last record does not count.
	strays strays
}

// mark tells a record from that of another log at the same position: the time is
// in it, since the same may be said again at the same place when a changelog is
// made anew.
func mark(rec LogRecord) string {
	h := sha256.New()
	for _, part := range [][]byte{rec.Key, rec.Value} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part)))) // hash.Hash never returns an error
		h.Write(part)
	}
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(rec.Time.UnixMilli())))
	return string(h.Sum(nil))
}

// run checks that the table is a copy of this log and restores up to end.
func (r *restore) run(ctx context.Context, end Position) error {
	m := r.owner.table.meta
	begun := time.Now()
	if m.position >= end {
		return fmt.Errorf("table is at %d, the changelog ends at %d: %w", m.position, end, ErrWipe)
	}
	from := m.position + 1
	if m.position == NoPosition {
		start, err := r.owner.log.Start(ctx)
		if err != nil {
			return fmt.Errorf("find start of changelog: %w", err)
		}
		from = start
		r.owner.table.meta.current = begun.UnixMilli()
	} else {
		if err := r.known(ctx, m); err != nil {
			return err
		}
		if err := r.strays.load(ctx, r.owner); err != nil {
			return err
		}
	}
	if err := r.apply(ctx, from, end); err != nil {
		return err
	}
	if m.fence != NoPosition && r.fence.Incarnation != m.incarnation { // 0 without a fence
		return fmt.Errorf("table is of incarnation %d, the changelog of %d: %w", m.incarnation, r.fence.Incarnation, ErrWipe)
	}
	return nil
}

// known reads the fence that the table remembers. It is missing when a newer
// one was written since, which run then meets, or when this is another log.
func (r *restore) known(ctx context.Context, m meta) error {
	r.last = NoPosition
	if m.fence == NoPosition {
		return r.marked(ctx, m)
	}
	for rec, err := range r.owner.log.Read(ctx, m.fence, m.fence+1) {
		if err != nil {
			return fmt.Errorf("read fence at %d: %w", m.fence, err)
		}
		if rec.Position != m.fence || !isFence(rec.Key) {
			continue
		}
		f, err := decodeFence(rec)
		if err != nil {
			return err
		}
		if f.Owner != m.owner {
			return fmt.Errorf("fence at %d is not the one the table knows: %w", m.fence, ErrWipe)
		}
		r.fence, r.last = f, m.fence
	}
	return nil
}

// marked looks for the record up to which a first restore came. Where compaction
// took it nobody can tell whether this is the same log.
func (r *restore) marked(ctx context.Context, m meta) error {
	for rec, err := range r.owner.log.Read(ctx, m.position, m.position+1) {
		if err != nil {
			return fmt.Errorf("read record at %d: %w", m.position, err)
		}
		if rec.Position == m.position && mark(rec) == m.owner {
			return nil
		}
	}
	return fmt.Errorf("record at %d, up to which the table was restored, is not in the changelog: %w", m.position, ErrWipe)
}

// tail restores what a former owner wrote before the own fence at took hold.
func (r *restore) tail(ctx context.Context, at Position) error {
	return r.apply(ctx, r.owner.next, at)
}

func (r *restore) apply(ctx context.Context, from, to Position) error {
	w := r.owner
	m := w.table.meta
	tx := r.newTx(from)
	flush := func(next Position, newest LogRecord) error {
		m.position, m.fence = next-1, r.last
		if r.last != NoPosition {
			m.incarnation, m.owner = r.fence.Incarnation, r.fence.Owner
		} else {
			m.owner = mark(newest)
		}
		err := errors.Join(tx.err, r.strays.save(tx.batch), tx.batch.Set(metaKey, m.encode(), nil), tx.batch.Commit(noSync), tx.discard())
		if err != nil {
			return fmt.Errorf("restore to %d: %w", next-1, err)
		}
		w.table.meta = m
		tx = r.newTx(next)
		if r.progress != nil {
			r.progress(int64(next-from), int64(to-from))
		}
		return nil
	}
	var newest LogRecord
	for rec, err := range w.log.Read(ctx, from, to) {
		if err == nil {
			err = r.one(tx, rec)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("restore from %d: %w", from, err), tx.discard())
		}
		newest = rec
		if tx.batch.Len() >= restoreBatchBytes {
			if err := flush(rec.Position+1, rec); err != nil {
				return err
			}
		}
	}
	w.next = to
	if to > from {
		if err := flush(to, newest); err != nil {
			return err
		}
	}
	return tx.discard()
}

// newTx returns a Tx for reading and writing back; only a Restorer reads.
func (r *restore) newTx(next Position) *Tx {
	tx := newTx(r.owner.table, r.fence.Incarnation, next)
	if _, ok := r.owner.proc.(Restorer); !ok {
		tx.batch = r.owner.table.db.NewBatch()
	}
	return tx
}

// one applies a single record to the table.
func (r *restore) one(tx *Tx, rec LogRecord) error {
	r.strays.note(rec)
	if rec.Stray {
		return nil
	}
	if isFence(rec.Key) {
		f, err := decodeFence(rec)
		if err != nil {
			return err
		}
		// Two owners that met an empty changelog say different times. The later one
		// stands, or what the next owner says would count as older than what they said.
		f.Incarnation = max(f.Incarnation, r.fence.Incarnation)
		r.fence, r.last = f, rec.Position
		return nil
	}
	if d, ok := r.owner.proc.(Restorer); ok {
		if err := d.Restore(tx, rec.Key, rec.Value); err != nil {
			return fmt.Errorf("derive from %d: %w", rec.Position, err)
		}
	}
	r.done++
	if rec.Value == nil {
		tx.unset(spaceLogged, rec.Key)
	} else {
		tx.set(spaceLogged, rec.Key, rec.Value)
	}
	return tx.err
}
