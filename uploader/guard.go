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
// what was removed since the period began counts as well.
func (t *task) held(a *audience, now time.Time) bool {
	if now.Sub(time.UnixMilli(a.row.GuardMs)) >= a.options.Window {
		a.row.GuardMs, a.row.GuardRemoved = now.UnixMilli(), 0 // logged with whatever is next
	}
	leaving := max(a.counts.leaving-a.row.ReleasedRows, 0) + a.row.GuardRemoved
	all := a.counts.synced + a.row.GuardRemoved
	if leaving == 0 || all < guardFrom || float64(leaving) <= t.options.MaxRemovedShare*float64(all) {
		if a.row.Block != nil && a.row.Block.Reason == blockRemovals {
			a.row.Block = nil
			a.changed = true
			t.touch(a)
		}
		return false
	}
	t.hold(a, &musterpb.Block{
		Reason: blockRemovals, SinceMs: now.UnixMilli(),
		Title:  fmt.Sprintf("%d of %d rows are to leave the audience at once", leaving, all),
		Remedy: "If that is right, run muster audience release " + a.key + "; if not, correct the stream: the audience goes on by itself once fewer are to leave.",
	}, now)
	return true
}

// hold blocks an audience until a person agrees.
func (t *task) hold(a *audience, b *musterpb.Block, now time.Time) {
	if a.row.Block == nil || a.row.Block.Reason != b.Reason {
		t.telemetry.blocked(t.ctx, b.Reason)
		t.options.Logger.Error("audience is held until somebody agrees", "audience", a.key, "reason", b.Reason, "problem", b.Title, "remedy", b.Remedy)
	}
	t.block(a, b, now)
}

// guard counts rows that were removed. What was released does not count.
func (a *audience) guard(rows int) {
	released := min(a.row.ReleasedRows, int64(rows))
	a.row.ReleasedRows -= released
	a.row.GuardRemoved += int64(rows) - released
}
