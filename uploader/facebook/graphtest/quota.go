package graphtest

import (
	"math"
	"time"
)

// Quota is what an ad account may ask for (Meta, Marketing API rate limiting). Two
// meters count side by side: calls of the Custom Audience business use case in a rolling
// hour, and a score of 1 for a read and 3 for a write that fades after ScoreDecay.
type Quota struct {
	CallsPerHour         int
	CallsPerHourAudience int           // added for each audience of the account
	CallsPerHourMax      int           // upper limit of the sum; 0: none
	ScoreMax             int           // over it the account is blocked
	ScoreDecay           time.Duration // how long a point counts
	ScoreBlock           time.Duration // how long a block lasts
	Tier                 string        // as in ads_api_access_tier
}

// FullTier is the quota of an app with full access.
func FullTier() Quota {
	return Quota{
		CallsPerHour: 190_000, CallsPerHourAudience: 40, CallsPerHourMax: 700_000,
		ScoreMax: 9000, ScoreDecay: 5 * time.Minute, ScoreBlock: time.Minute, Tier: "standard_access",
	}
}

// LimitedTier is the quota every app begins with: about 20 writes in 5 minutes.
func LimitedTier() Quota {
	return Quota{
		CallsPerHour: 5000, CallsPerHourAudience: 40, CallsPerHourMax: 700_000,
		ScoreMax: 60, ScoreDecay: 5 * time.Minute, ScoreBlock: 5 * time.Minute, Tier: "development_access",
	}
}

// Unmetered is a quota that nobody uses up.
func Unmetered() Quota {
	return Quota{
		CallsPerHour: math.MaxInt32, ScoreMax: math.MaxInt32, ScoreDecay: time.Minute, ScoreBlock: time.Minute, Tier: "standard_access",
	}
}

func (q Quota) hourly(audiences int) int {
	n := q.CallsPerHour + audiences*q.CallsPerHourAudience
	if q.CallsPerHourMax > 0 {
		n = min(n, q.CallsPerHourMax)
	}
	return n
}

// window sums what happened in a span of time, in 60 steps.
type window struct {
	span  time.Duration
	slots [60]int
	last  int64 // number of the newest step
}

func (w *window) roll(now time.Time) *int {
	step := now.UnixNano() / int64(w.span/60)
	for ; w.last < step; w.last++ {
		if step-w.last > 60 {
			w.last = step - 60
		}
		w.slots[(w.last+1)%60] = 0
	}
	return &w.slots[step%60]
}

func (w *window) add(now time.Time, n int) { *w.roll(now) += n }

func (w *window) sum(now time.Time) int {
	w.roll(now)
	total := 0
	for _, n := range w.slots {
		total += n
	}
	return total
}

// wait is how long until the sum falls to limit when nothing is added.
func (w *window) wait(now time.Time, limit int) time.Duration {
	total := w.sum(now)
	step := w.span / 60
	for i := int64(1); i <= 60; i++ {
		if total <= limit {
			return time.Duration(i-1) * step
		}
		total -= w.slots[(w.last+i)%60]
	}
	return w.span
}
