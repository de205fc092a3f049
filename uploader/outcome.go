package uploader

import "time"

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

func (t *task) outcome(a *audience, now time.Time, outcome string, rows int) {
	if rows == 0 {
		return
	}
	t.counted.row(outcome, rows)
	a.count(now, outcome, int64(rows))
}
