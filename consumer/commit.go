package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// noSync: the table may lose its tail in a crash, the changelog has it (I2).
var noSync = pebble.NoSync

// commit runs f on a new Tx and commits what it wrote, in the order of I2.
func (w *Owner) commit(ctx context.Context, next Offsets, f func(*Tx) error) (err error) {
	if err := w.table.check(); err != nil {
		return err
	}
	tx := newTx(w.table, w.fence.Incarnation, w.next)
	defer func() { err = errors.Join(err, tx.discard()) }()
	if err := errors.Join(f(tx), tx.err); err != nil {
		return err
	}
	if !tx.empty() {
		if err := w.write(ctx, tx); err != nil {
			return err
		}
	}
	if len(next) > 0 {
		if err := w.step(AfterTable); err != nil {
			return err
		}
		if err := w.info.Lease.MayAct(); err != nil {
			return fmt.Errorf("commit offsets: %w", err)
		}
		if err := w.log.Commit(ctx, next); err != nil {
			return fmt.Errorf("commit offsets: %w", err)
		}
	}
	for _, f := range tx.afterCommit {
		f()
	}
	return nil
}

func (w *Owner) write(ctx context.Context, tx *Tx) error {
	if err := w.step(BeforeLog); err != nil {
		return err
	}
	m := w.table.meta
	if tx.fingerprint != nil {
		w.fence.Fingerprint = tx.fingerprint
	}
	if tx.fingerprint != nil || tx.renew {
		m.fence = tx.append(w.fence.write())
	}
	if len(tx.log) > 0 {
		if err := w.append(ctx, tx.log); err != nil {
			return fmt.Errorf("append to changelog: %w", err)
		}
	}
	if err := w.step(AfterLog); err != nil {
		return err
	}
	if len(tx.emissions) > 0 || len(tx.deadLetters) > 0 {
		if err := w.info.Lease.MayAct(); err != nil {
			return fmt.Errorf("send emissions: %w", err)
		}
		if err := w.log.Send(ctx, tx.emissions, tx.deadLetters); err != nil {
			return fmt.Errorf("send emissions: %w", err)
		}
		if w.deadLettered != nil && len(tx.deadLetters) > 0 {
			w.deadLettered(tx.deadLetters)
		}
	}
	if err := w.step(AfterEmit); err != nil {
		return err
	}
	m.position, m.current = w.next-1, time.Now().UnixMilli()
	if err := errors.Join(tx.batch.Set(metaKey, m.encode(), nil), tx.batch.Commit(noSync)); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	w.table.meta = m
	return nil
}

func (w *Owner) step(s Step) error {
	if w.probe == nil {
		return nil
	}
	return w.probe(s)
}
