package uploader

import (
	"fmt"
	"time"

	"muster/schema/musterpb"
)

// guardFrom is how many rows an audience must have for a share of them to mean
// anything.
const guardFrom = 1000

// The reasons for which an audience is held until a person agrees.
const (
	blockRemovals  = "many_removals"
	blockNew       = "new_audience"
	blockAudiences = "many_audiences"
)

// heldFor reports whether a block waits for a person to agree, not to mend.
func heldFor(reason string) bool {
	return reason == blockRemovals || reason == blockNew || reason == blockAudiences
}

// held guards against the incident: something upstream makes everybody leave. It
// reports whether more than MaxRemovedShare of the audience would be removed
// within one window period; then nothing is sent before a person agrees, or fewer
// are to leave.
//
// Members leave by the batch, long before a window's end where they fill one; so
// what was removed within the last period counts as well. Once held, only those
// still to leave count: a hold does not end by waiting.
func (t *task) held(a *audience, now time.Time) bool {
	if a.options.AddOnly {
		return false // nobody is removed
	}
	leaving, all := max(a.counts.leaving-a.row.ReleasedRows, 0), a.counts.synced-a.counts.strangers
	was := a.row.Block != nil && a.row.Block.Reason == blockRemovals
	if removed := a.removedLately(now); !was {
		leaving, all = leaving+removed, all+removed
	}
	switch {
	case float64(leaving) > t.options.MaxRemovedShare*float64(all) && (was || all >= guardFrom):
	case was:
		a.row.Block = nil
		a.changed = true
		t.touch(a)
		return false
	default:
		return false
	}
	t.hold(a, &musterpb.Block{
		Reason: blockRemovals, SinceMs: now.UnixMilli(),
		Title:  fmt.Sprintf("%d of %d rows are to leave the audience at once", leaving, all),
		Remedy: "If that is right, run muster audience release " + a.key + "; if not, correct the stream: the audience goes on by itself once fewer are to leave.",
	}, now)
	return true
}

// endHold ends a hold of an audience that has nothing to send any more, and the wait
// of one for a Facebook audience that it does not look for any more: no window would
// come to see it.
func (t *task) endHold(a *audience) {
	reason := a.row.Block.GetReason()
	if over := reason == blockTwoKeys && !a.twoKeyed(); (heldFor(reason) || over) && a.counts.pending == 0 {
		a.row.Block = nil
		a.changed = true
		t.touch(a)
	}
}

// hold blocks an audience until a person agrees.
func (t *task) hold(a *audience, b *musterpb.Block, now time.Time) {
	if a.row.Block == nil || a.row.Block.Reason != b.Reason {
		t.telemetry.blocked(t.ctx, b.Reason)
		t.options.Logger.Error("audience is held until somebody agrees", "audience", a.key, "reason", b.Reason, "problem", b.Title, "remedy", b.Remedy)
	}
	t.block(a, b, now)
}

// removedLately is about how many rows were removed within the last window period:
// those of the present one, and of the one before as much as is left of it. A
// period's change is logged with whatever is logged next.
func (a *audience) removedLately(now time.Time) int64 {
	r, period := a.row, a.options.Window
	for range 2 { // after two periods nothing is left
		if now.Sub(time.UnixMilli(r.GuardMs)) < period {
			break
		}
		r.GuardMs += period.Milliseconds()
		r.GuardBefore, r.GuardRemoved = r.GuardRemoved, 0
	}
	passed := now.Sub(time.UnixMilli(r.GuardMs))
	if passed >= period {
		r.GuardMs, passed = now.UnixMilli(), 0
	}
	return r.GuardRemoved + int64(float64(r.GuardBefore)*(1-float64(passed)/float64(period)))
}

// guard counts rows that were removed. What was released does not count.
func (a *audience) guard(rows int) {
	released := min(a.row.ReleasedRows, int64(rows))
	a.row.ReleasedRows -= released
	a.row.GuardRemoved += int64(rows) - released
}
