package status

import (
	"time"

	"muster/schema/musterpb"
)

// By is how a history is divided.
type By string

// The divisions.
const (
	ByHour  By = "hour"
	ByDay   By = "day"
	ByMonth By = "month"
)

// How many periods are shown of each.
const (
	shownHours  = 72
	shownDays   = 60
	shownMonths = 24
)

// Period is what happened in an hour, a day or a month of UTC.
type Period struct {
	Start          time.Time
	Added, Removed int64 // rows
	Refused        int64
	Requests       int64
	Size           int64 // members at its end
	Known          bool  // Size is: not before the first that was counted
}

// History returns the last periods up to the present one, without gaps: in a period
// that nothing is told of, nothing happened, and the size stayed.
func (d Detail) History(by By, now time.Time) []Period {
	now = now.UTC()
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	var told []*musterpb.RowTotals
	var start time.Time
	var next func(time.Time) time.Time
	switch by {
	case ByDay:
		told, start = d.status.HistoryDays, day.AddDate(0, 0, 1-shownDays)
		next = func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	case ByMonth:
		told, start = d.status.HistoryMonths, day.AddDate(0, 0, 1-now.Day()).AddDate(0, 1-shownMonths, 0)
		next = func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	default:
		told, start = d.status.History, now.Truncate(time.Hour).Add((1-shownHours)*time.Hour)
		next = func(t time.Time) time.Time { return t.Add(time.Hour) }
	}
	var list []Period
	size, known := int64(0), false
	for i := 0; !start.After(now); start = next(start) {
		p := Period{Start: start}
		for end := next(start).UnixMilli(); i < len(told) && told[i].HourMs < end; i++ {
			t := told[i]
			size, known = t.Members, true
			if t.HourMs >= start.UnixMilli() {
				p.Added, p.Removed, p.Refused, p.Requests = t.Added, t.Removed, t.Refused, t.Requests
			}
		}
		p.Size, p.Known = size, known
		list = append(list, p)
	}
	if n := len(list); n > 0 && known {
		list[n-1].Size = d.Members
	}
	return list
}
