package uploader

import (
	"time"

	"muster/consumer"
	"muster/schema"
)

// watchEraser says loudly, once, when erasures have waited for too long for an ad account,
// and when none does any more, and returns when to look again.
func (t *task) watchEraser(tx *consumer.Tx, e *eraser, now time.Time) (next time.Time, err error) {
	was := e.overdue
	if !e.pending || now.Before(was.lookAt) {
		return was.lookAt, nil
	}
	is, pending := overdue{}, int64(0)
	e.refused = false
	for entry, err := range tx.Scan(schema.AccountErasurePrefix(string(e.account)), nil) {
		if err != nil {
			return time.Time{}, err
		}
		x, err := readEntry(entry)
		if err != nil {
			return time.Time{}, err
		}
		if x.over() {
			continue
		}
		e.refused = e.refused || x.RefusedMs != 0
		since := time.UnixMilli(x.SinceMs)
		is.oldest = sooner(is.oldest, since)
		if !now.Before(since.Add(t.options.OverdueAfter)) {
			is.count++
		}
		if pending++; pending == maxOverdue {
			break
		}
	}
	if e.pending = pending > 0; e.pending {
		is.lookAt = now.Add(lookEvery)
		if due := is.oldest.Add(t.options.OverdueAfter); now.Before(due) {
			is.lookAt = sooner(is.lookAt, due)
		}
	}
	e.overdue = is
	t.telemetry.accountErasures(t.ctx, e.account, t.info.Partition, pending, is.count)
	t.options.Health.setAccount(e.account, t.info.Partition, Overdue{Erasures: is.count, Remedy: t.eraserRemedy(e)})
	switch log := t.options.Logger; {
	case was.count == 0 && is.count > 0:
		log.Error("erasures are overdue: erased users may still be in audiences of the ad account", "account", e.account,
			"overdue", is.count, "pending", pending, "since", is.oldest.UTC(), "remedy", t.eraserRemedy(e))
	case was.count > 0 && is.count == 0:
		log.Info("no erasure is overdue in the ad account any more", "account", e.account, "pending", pending)
	}
	return is.lookAt, nil
}

// eraserRemedy says what to do about overdue erasures: it depends on what holds them up.
func (t *task) eraserRemedy(e *eraser) string {
	if b := t.budget.blocked(e.account); b != nil {
		return b.Remedy
	}
	if e.block != nil && e.block.Remedy != "" {
		return e.block.Remedy
	}
	if e.refused {
		return "Facebook refuses to remove some of them, and is asked again: remove them by hand from the audiences of the ad account, or ask Facebook. erase.scope: audiences calls the removals off."
	}
	return "The removals wait for the ad account's rate limit or for Facebook to answer: wait. erase.scope: audiences calls them off."
}
