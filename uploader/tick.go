package uploader

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"muster/consumer"
	"muster/schema"
)

// maxExpired is how many emptied members one Tick forgets.
const maxExpired = 1000

// Tick applies answers, moves every audience's window on by a bounded piece of
// work, forgets members emptied long ago and shows what has changed.
func (t *task) Tick(_ context.Context, tx *consumer.Tx) (next time.Time, err error) {
	if err := t.takeAnswers(tx); err != nil {
		return time.Time{}, fmt.Errorf("apply answers: %w", err)
	}
	now := t.now()
	t.slice = t.options.MaxSlice
	t.turn++
	order := slices.Clone(t.order) // one may be forgotten meanwhile
	for i := range order {
		a := order[(t.turn+i)%len(order)]
		at, err := t.step(tx, a, now)
		if err != nil {
			return time.Time{}, fmt.Errorf("upload audience %q: %w", a.key, err)
		}
		next = sooner(next, at)
	}
	at, err := t.expire(tx, now)
	if err != nil {
		return time.Time{}, fmt.Errorf("forget emptied members: %w", err)
	}
	next = sooner(next, at)
	more, err := t.tellAudits(tx)
	if err != nil {
		return time.Time{}, fmt.Errorf("tell audits: %w", err)
	}
	if more {
		next = now
	}
	at, err = t.tickErasers(tx, now)
	if err != nil {
		return time.Time{}, fmt.Errorf("erase in ad accounts: %w", err)
	}
	next = sooner(next, at)
	for _, a := range t.order {
		at, err := t.watchErasures(tx, a, now)
		if err != nil {
			return time.Time{}, fmt.Errorf("look at erasures of %q: %w", a.key, err)
		}
		next = sooner(next, at)
	}
	if err := t.flush(tx); err != nil {
		return time.Time{}, err
	}
	next = sooner(next, t.show(tx, now))
	t.countIn(tx)
	return next, nil
}

// step moves one audience on and says when to look again.
func (t *task) step(tx *consumer.Tx, a *audience, now time.Time) (next time.Time, err error) {
	if a.sweep && a.window == nil {
		if err := t.sweepSlice(tx, a); err != nil {
			return time.Time{}, err
		}
		if a.sweep {
			return now, nil
		}
	}
	if a.window == nil {
		switch {
		case a.row.Forgetting:
			return t.forgetSlice(tx, a, now)
		case a.flight:
			return time.Time{}, nil
		case a.row.Deleting && !t.stopped:
			return t.deleteIt(tx, a, now), nil
		case a.remapped() && !t.stopped, a.twoKeyed() && !t.stopped:
			if now.Before(a.blockedUntil) {
				return a.blockedUntil, nil
			}
			err := t.relink(tx, a) // then its members are looked at
			t.touch(a)
			return later(now, a.blockedUntil), err
		}
	}
	if a.window == nil && a.row.Replace != nil && a.row.FacebookId != "" {
		return t.replace(tx, a, now)
	}
	if a.window == nil {
		ok, at := t.due(a, now)
		if !ok {
			t.endHold(a)
			return sooner(at, t.read(tx, a, now)), nil
		}
		if err := t.relink(tx, a); err != nil {
			return time.Time{}, err
		}
		if a.sweep || now.Before(a.blockedUntil) {
			return later(now, a.blockedUntil), nil
		}
		if t.held(a, now) {
			return a.blockedUntil, nil
		}
		t.openWindow(a, now)
	}
	next, err = t.advance(tx, a, now)
	if err == nil && a.window == nil {
		_, at := t.due(a, now)
		next = sooner(next, sooner(at, t.readAt(a)))
	}
	return next, err
}

// expire logs tombstones for members that were emptied long enough ago that no
// late emission of theirs is to be expected.
func (t *task) expire(tx *consumer.Tx, now time.Time) (next time.Time, err error) {
	n := 0
	for e, err := range tx.ScanDerived([]byte{spaceEmptied}, nil) {
		if err != nil {
			return time.Time{}, err
		}
		at := time.UnixMilli(int64(binary.BigEndian.Uint64(e.Key[1:]))).Add(t.options.KeepEmptied)
		if now.Before(at) || n == maxExpired {
			return sooner(next, at), nil
		}
		n++
		key, user, err := schema.ParseMemberKey(e.Key[9:])
		if err != nil {
			return time.Time{}, err
		}
		a, err := t.audience(tx, key)
		if err != nil {
			return time.Time{}, err
		}
		m, err := t.load(tx, a, user)
		if err != nil {
			return time.Time{}, err
		}
		if len(m.Audit) > 0 {
			next = now // its erasure is told of before
			continue
		}
		if err := t.forget(tx, a, m); err != nil {
			return time.Time{}, err
		}
	}
	return next, nil
}
