package uploader

import (
	"bytes"
	"slices"
	"time"

	"muster/consumer"
	"muster/schema/musterpb"
)

// status is what was last shown of an audience.
type status struct {
	stale bool            // something may have changed since
	held  *musterpb.Block // what held the account
	shown []byte
	at    time.Time
}

// lookEvery is how often is looked at what changes without anything happening to an
// audience: holds of its account, the age of erasures.
const lookEvery = time.Minute

// show emits the status rows of audiences that changed, each at most every
// StatusEvery, and says when the next one may be shown.
func (t *task) show(tx *consumer.Tx, now time.Time) (next time.Time) {
	for _, a := range t.order {
		// What holds the account comes and goes without anything happening here.
		held := t.budget.blocked(a.account())
		if held != a.status.held {
			a.status.held, a.status.stale = held, true
		}
		if held != nil {
			next = sooner(next, now.Add(lookEvery))
		}
		if !a.status.stale {
			continue
		}
		t.telemetry.figures.set(a.key, t.figure(a))
		if at := a.status.at.Add(t.options.StatusEvery); now.Before(at) {
			next = sooner(next, at)
			continue
		}
		a.status.stale = false
		s := t.statusOf(a)
		t.options.Health.set(a.key, s)
		value, err := s.MarshalVT()
		if err != nil || bytes.Equal(value, a.status.shown) {
			continue // no field of the message can fail
		}
		a.status.shown, a.status.at = value, now
		s.UpdatedMs = now.UnixMilli()
		if value, err = s.MarshalVT(); err == nil {
			tx.Emit(consumer.Emission{Topic: t.options.Topic, Partition: t.info.Partition, Key: []byte(a.key), Value: value})
		}
	}
	return next
}

func (t *task) statusOf(a *audience) *musterpb.AudienceStatus {
	s := &musterpb.AudienceStatus{
		Name: a.row.Name, Account: a.row.Account, FacebookId: a.row.FacebookId, Origin: a.row.Origin,
		Members: a.counts.members, Unmatchable: a.counts.unmatchable,
		Desired: a.counts.desired, Synced: a.counts.synced,
		Pending: a.counts.pending, Owed: a.counts.owed, Refused: a.counts.refused,
		Windows: a.row.Windows, WindowStartedMs: a.row.WindowStartedMs,
		WindowSeconds: int64(a.options.Window / time.Second), OpenBatches: int64(len(a.row.Open)),
		Totals: a.row.Totals, History: a.row.History, Alarms: a.row.Alarms,
		Leaving: a.counts.leaving, CommandMs: a.row.CommandMs, Resyncing: a.row.ResyncMs != 0,
		AccountLoad: t.budget.load(a.account(), t.now()),
		Coverage:    slices.Clone(a.counts.keys[:]), UnmatchableBy: slices.Clone(a.counts.why[:]), Reading: a.row.Reading,
		Replace: a.replaceText(), ReplaceFailed: a.row.ReplaceFailed,
		ContentUnknown: a.row.ContentUnknown, OrderRefused: a.row.OrderRefused,
		HistoryDays: a.row.HistoryDays, HistoryMonths: a.row.HistoryMonths,
		NextWindowMs: t.nextWindow(a), Requests: a.notes.requests, Errors: a.notes.errors,
	}
	if !a.unsentSince.IsZero() && a.counts.pending > 0 {
		s.OldestUnsentMs = a.unsentSince.UnixMilli()
	}
	s.Block = t.blockOf(a)
	if a.counts.erasing > 0 {
		s.Erasing, s.ErasuresOverdue = a.counts.erasing, a.overdue.count
		s.OldestErasureMs = unixMilli(a.overdue.oldest)
	}
	if s.ErasuresOverdue > 0 {
		s.OverdueRemedy = t.overdueRemedy(a)
	}
	by := t.pausedBy(a)
	switch {
	case a.row.Forgetting:
		s.State = "forgetting"
	case a.row.Deleting:
		s.State = "deleting"
	case !t.options.chosen(a.key):
		s.State = "left_out"
	case len(by) > 0:
		s.State, s.PausedBy = "paused", by
	case s.Block != nil && heldFor(s.Block.Reason):
		s.State = "held"
	case s.Block != nil:
		s.State = "blocked"
	case a.row.Replace != nil:
		s.State = "replacing"
	case a.window == nil:
		s.State = "waiting"
	case a.row.FacebookId == "":
		s.State = "linking"
	default:
		s.State = a.window.op.String()
	}
	return s
}

// Who has an audience paused, as it is shown.
const (
	ByConfiguration = "configuration"
	ByCommand       = "command"
)

// pausedBy is who wants nothing sent to an audience that is chosen: each has to be
// asked for it to go on.
func (t *task) pausedBy(a *audience) []string {
	var by []string
	if a.options.LeaveOut {
		by = append(by, ByConfiguration)
	}
	if a.row.Paused {
		by = append(by, ByCommand)
	}
	return by
}

// nextWindow is when a window is due that nobody holds up; 0 = when something changes.
func (t *task) nextWindow(a *audience) int64 {
	if a.options.LeaveOut || a.row.Paused || a.row.Forgetting || a.row.Deleting || a.window != nil {
		return 0
	}
	at := t.closes(a)
	if at.IsZero() {
		return 0
	}
	// What changed last is forgotten with an owner: then it is due since ever.
	return max(later(at, later(a.holdUntil, a.blockedUntil)).UnixMilli(), a.row.FirstSeenMs)
}

// blockOf is what holds the audience up until a person acts; nil = nothing, as where
// it is left out anyway.
func (t *task) blockOf(a *audience) *musterpb.Block {
	if a.options.LeaveOut {
		return nil
	}
	if b := t.spacesBlock(a); b != nil {
		return b
	}
	if a.row.Block != nil {
		return a.row.Block
	}
	return t.budget.blocked(a.account())
}

func unixMilli(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}
