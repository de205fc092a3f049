package uploader

import (
	"time"

	"muster/schema/musterpb"
)

// How much of its past an audience carries: about 7 KB of its row and its status.
const (
	historyHours  = 168
	historyDays   = 92
	historyMonths = 36
)

// count adds to the audience's totals and to the present hour, day and month of UTC.
func (a *audience) count(now time.Time, outcome string, n int64) {
	if a.row.Totals == nil {
		a.row.Totals = new(musterpb.RowTotals)
	}
	now = now.UTC()
	hour := now.Truncate(time.Hour)
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	month := day.AddDate(0, 0, 1-now.Day())
	for _, h := range []struct {
		periods *[]*musterpb.RowTotals
		present time.Time
		oldest  time.Time
	}{
		{&a.row.History, hour, hour.Add(-(historyHours - 1) * time.Hour)},
		{&a.row.HistoryDays, day, day.AddDate(0, 0, 1-historyDays)},
		{&a.row.HistoryMonths, month, month.AddDate(0, 1-historyMonths, 0)},
	} {
		*h.periods = reach(*h.periods, h.present.UnixMilli(), h.oldest.UnixMilli())
		r := (*h.periods)[len(*h.periods)-1]
		addTo(r, outcome, n)
		r.Members, r.Synced = a.counts.members, a.counts.synced
	}
	addTo(a.row.Totals, outcome, n)
	a.changed = true
}

// reach returns the periods up to the present one, without those before the oldest.
// Periods in which nothing was counted are not there.
func reach(periods []*musterpb.RowTotals, present, oldest int64) []*musterpb.RowTotals {
	if n := len(periods); n == 0 || periods[n-1].HourMs < present {
		periods = append(periods, &musterpb.RowTotals{HourMs: present})
	}
	for periods[0].HourMs < oldest {
		periods = periods[1:]
	}
	return periods
}

func addTo(r *musterpb.RowTotals, outcome string, n int64) {
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
