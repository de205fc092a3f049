package uploader

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"muster/consumer"
	"muster/schema"
	"muster/schema/musterpb"
)

// The erasure of a user in one audience goes on for as long as Facebook may hold a
// row that only that user has brought and nobody desires. It ends when the last of
// them leaves synced, however that comes about, and each of its steps is told to
// the topic of audits.
//
//	erased ──► rows to go? ──no──► nothing_held
//	               │yes
//	               ▼
//	           pending ◄──┐ refused by Facebook, once told; tried again
//	               │──────┘
//	               ├──► removed, by a confirmed request
//	               ├──► nothing_held: shared with another user, or the audience is gone
//	               ├──► returned: the same rows are desired again
//	               └──► forgotten, with its audience, by a person

// maxOverdue bounds the count of overdue erasures of one audience.
const maxOverdue = 10_000

// eraseOn follows the erasure of the member, before it is logged.
func (t *task) eraseOn(m *member) {
	if !m.Erased && m.ErasedMs == 0 {
		return
	}
	switch held := len(without(m.Synced, m.Desired)) > 0; {
	case held && m.ErasedMs == 0:
		if m.Erased {
			m.ErasedMs = t.now().UnixMilli()
		}
	case held:
	case m.ErasedMs != 0:
		step := schema.AuditNothingHeld
		switch {
		case m.ErasedRows > 0:
			step = schema.AuditRemoved
		case !m.Erased && len(m.Desired) > 0:
			step = schema.AuditReturned
		}
		t.audit(m, step, m.ErasedRows)
		m.ErasedMs, m.ErasedRows, m.ErasureRefused = 0, 0, false
	case m.was.exists && !m.was.erased:
		t.audit(m, schema.AuditNothingHeld, 0)
	}
}

// eraseRefused notes that Facebook refuses the removal of an erased user's rows.
func (t *task) eraseRefused(a *audience, m *member) {
	if m.ErasedMs == 0 {
		return
	}
	t.alarm(a, alarmErasedHeld)
	if !m.ErasureRefused {
		m.ErasureRefused = true
		t.audit(m, schema.AuditRefused, int64(len(without(m.Synced, m.Desired))))
	}
}

// eraseForgotten ends the erasure of a member whose audience is forgotten. What
// Facebook holds of it is not known from now on.
func (t *task) eraseForgotten(tx *consumer.Tx, a *audience, m *member) error {
	t.audit(m, schema.AuditForgotten, int64(len(without(m.Synced, m.Desired))))
	m.Synced, m.Erased = nil, false
	m.ErasedMs, m.ErasedRows, m.ErasureRefused = 0, 0, false
	return t.put(tx, a, m)
}

// audit notes a step that the topic of audits is to be told of. It stays in the
// member until that has acknowledged it, so that a later owner can tell it after a
// crash.
func (t *task) audit(m *member, step string, rows int64) {
	if t.options.Audit == "" {
		return
	}
	m.Audit = append(m.Audit, &musterpb.AuditStep{Step: step, Rows: rows, AtMs: t.now().UnixMilli()})
	m.untold = true
}

// A derived key says how far the telling is. It is local and becomes visible after
// the emissions of its Tx were acknowledged (I2), so it never says too much; when
// the table is lost, Restore makes it anew.
var (
	auditUntold = []byte{0}
	auditTold   = []byte{1}
)

// maxAudits is how many members' steps one Tick moves on.
const maxAudits = 1000

// tellAudits tells what may be untold, and has members forget what is told. It
// reports whether there is more to do.
func (t *task) tellAudits(tx *consumer.Tx) (more bool, err error) {
	n := 0
	for e, err := range tx.ScanDerived([]byte{spaceAudit}, nil) {
		if err != nil {
			return false, err
		}
		if n++; n > maxAudits {
			return true, nil
		}
		key, user, err := schema.ParseMemberKey(e.Key[1:])
		if err != nil {
			return false, err
		}
		a, err := t.audience(tx, key)
		if err != nil {
			return false, err
		}
		m, err := t.load(tx, a, user)
		if err != nil {
			return false, err
		}
		if bytes.Equal(e.Value, auditTold) {
			m.Audit = nil
			if err := t.put(tx, a, m); err != nil {
				return false, err
			}
			continue
		}
		t.tellAudit(tx, a, m)
		tx.PutDerived(auditKey(key, user), auditTold)
		more = true
	}
	return more, nil
}

func (t *task) tellAudit(tx *consumer.Tx, a *audience, m *member) {
	if t.options.Audit == "" {
		return // they are of before
	}
	for _, s := range m.Audit {
		record := schema.Audit{
			At: time.UnixMilli(s.AtMs).UTC(), Step: s.Step, Installation: t.options.Installation, Audience: a.key, Rows: s.Rows,
		}
		key, value := record.Encode(m.user)
		tx.Emit(consumer.Emission{Topic: t.options.Audit, Partition: t.info.Partition, Key: key, Value: value})
	}
}

// oldestErasure returns since when the oldest pending erasure of the audience is
// pending; the zero time if there is none.
func oldestErasure(tx *consumer.Tx, a *audience) (time.Time, error) {
	if a.counts.erasing == 0 {
		return time.Time{}, nil
	}
	prefix := derivedKey(spaceErased, a.key)
	for e, err := range tx.ScanDerived(prefix, nil) {
		if err != nil {
			return time.Time{}, err
		}
		return erasedAt(e.Key[len(prefix):]), nil
	}
	return time.Time{}, nil
}

// overdueErasures counts those that are pending since before.
func overdueErasures(tx *consumer.Tx, a *audience, before time.Time) (n int64, err error) {
	prefix := derivedKey(spaceErased, a.key)
	for e, err := range tx.ScanDerived(prefix, nil) {
		if err != nil {
			return 0, err
		}
		if n == maxOverdue || erasedAt(e.Key[len(prefix):]).After(before) {
			break
		}
		n++
	}
	return n, nil
}

func erasedAt(rest []byte) time.Time { return time.UnixMilli(int64(binary.BigEndian.Uint64(rest))) }

// overdue is what is known of the pending erasures of one audience.
type overdue struct {
	oldest time.Time // since when the oldest is pending; zero: there is none
	count  int64     // of those that take too long
	lookAt time.Time
}

// watchErasures says loudly, once, when an erasure of the audience has been pending
// for too long, and when none is any more. It looks once in lookEvery, or when the
// first begins and the last ends, and returns when to look again.
func (t *task) watchErasures(tx *consumer.Tx, a *audience, now time.Time) (next time.Time, err error) {
	was := a.overdue
	if pending := a.counts.erasing > 0; pending != was.oldest.IsZero() && (!pending || now.Before(was.lookAt)) {
		return was.lookAt, nil
	}
	var is overdue
	if is.oldest, err = oldestErasure(tx, a); err != nil {
		return time.Time{}, err
	}
	if !is.oldest.IsZero() {
		is.lookAt = now.Add(lookEvery)
		if due := is.oldest.Add(t.options.OverdueAfter); now.Before(due) {
			is.lookAt = sooner(is.lookAt, due)
		} else if is.count, err = overdueErasures(tx, a, now.Add(-t.options.OverdueAfter)); err != nil {
			return time.Time{}, err
		}
	} else {
		t.endErasedHeld(a)
	}
	a.overdue = is
	if is.count != was.count || !is.oldest.Equal(was.oldest) {
		t.touch(a)
	}
	switch log := t.options.Logger; {
	case was.count == 0 && is.count > 0:
		log.Error("erasures are overdue: rows of erased users may still be at Facebook", "audience", a.key,
			"overdue", is.count, "pending", a.counts.erasing, "since", is.oldest.UTC(), "remedy", t.overdueRemedy(a))
	case was.count > 0 && is.count == 0:
		log.Info("no erasure is overdue any more", "audience", a.key, "pending", a.counts.erasing)
	}
	return is.lookAt, nil
}

// endErasedHeld takes the alarm back once Facebook holds no erased user any more.
func (t *task) endErasedHeld(a *audience) {
	if i := slices.Index(a.row.Alarms, alarmErasedHeld); i >= 0 {
		a.row.Alarms = slices.Delete(a.row.Alarms, i, i+1)
		a.changed = true
		t.touch(a)
	}
}

// overdueRemedy says what to do about overdue erasures: it depends on what holds
// them up.
func (t *task) overdueRemedy(a *audience) string {
	switch b := t.blockOf(a); {
	case a.options.LeaveOut:
		return "Nothing is sent to the audience as it is configured: set sync: mirror, or remove it from exclude, for as long as the removals take; or delete the audience at Facebook."
	case a.row.Paused:
		return "Run muster audience resume " + a.key + "."
	case b != nil:
		return b.Remedy
	case slices.Contains(a.row.Alarms, alarmErasedHeld):
		return remedies[alarmErasedHeld]
	}
	return fmt.Sprintf("The removals wait for a window (%s) or for the ad account's rate limit: shorten window, or wait.", a.options.Window)
}
