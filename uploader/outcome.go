package uploader

import (
	"time"

	"muster/schema/musterpb"
)

// The outcomes of a row in a request: each has exactly one. Superseded and
// shared rows leave synced without a request.
const (
	outcomeAdded   = "added"
	outcomeRemoved = "removed"
	outcomeRefused = "refused" // Facebook cannot use it; remembered
	outcomeOwed    = "owed"    // a removal that Facebook refuses for now
	rowSuperseded  = "superseded"
	rowShared      = "shared"

	outcomeRequests = "requests" // not of rows
)

// historyHours is how many hours the history of an audience holds.
const historyHours = 168

func (t *task) outcome(a *audience, now time.Time, outcome string, rows int) {
	if rows == 0 {
		return
	}
	t.counted.row(outcome, rows)
	a.count(now, outcome, int64(rows))
}

// count adds to the audience's totals and to the present hour.
func (a *audience) count(now time.Time, outcome string, n int64) {
	if a.row.Totals == nil {
		a.row.Totals = new(musterpb.RowTotals)
	}
	hour := now.Truncate(time.Hour).UnixMilli()
	h := a.row.History
	if len(h) == 0 || h[len(h)-1].HourMs != hour {
		h = append(h, &musterpb.RowTotals{HourMs: hour})
		oldest := now.Add(-historyHours * time.Hour).UnixMilli()
		for h[0].HourMs < oldest {
			h = h[1:]
		}
		a.row.History = h
	}
	for _, r := range []*musterpb.RowTotals{a.row.Totals, h[len(h)-1]} {
		switch outcome {
		case outcomeAdded:
			r.Added += n
		case outcomeRemoved:
			r.Removed += n
		case outcomeRefused:
			r.Refused += n
		case outcomeRequests:
			r.Requests += n
		}
	}
	a.changed = true
}
