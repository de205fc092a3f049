package uploader

import (
	"time"

	"muster/schema/musterpb"
)

// unknownAnswer is the last request of which nobody knows whether it was, or
// still will be, carried out.
type unknownAnswer struct {
	op op
	at time.Time // when the attempt ended
	// added are the strong values of adds that may still be carried out.
	added map[strongKey]bool
}

// noAnswer notes that nobody knows what became of a batch.
func (a *audience) noAnswer(b *batch, now time.Time, timeout time.Duration) {
	u := &a.unknown
	if !now.Before(u.over(timeout)) {
		u.added = nil
	}
	u.op, u.at = b.op, now
	if b.op != adding {
		return
	}
	if u.added == nil {
		u.added = make(map[strongKey]bool)
	}
	for _, it := range b.items {
		for _, s := range strongKeysOf(it.rows) {
			u.added[s] = true
		}
	}
}

// over is when a request whose answer is unknown can no longer take effect.
func (u unknownAnswer) over(timeout time.Duration) time.Time {
	if u.at.IsZero() {
		return u.at
	}
	return u.at.Add(timeout)
}

// mayFollow reports whether an add of rows may follow now. An earlier one that
// took effect after it would put its own weak values in the place of theirs.
func (u unknownAnswer) mayFollow(rows []*musterpb.Row, now time.Time, timeout time.Duration) bool {
	if len(u.added) == 0 || !now.Before(u.over(timeout)) {
		return true
	}
	for _, s := range strongKeysOf(rows) {
		if u.added[s] {
			return false
		}
	}
	return true
}
