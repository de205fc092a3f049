package uploader

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/schema/musterpb"
)

// TestHistory: what is counted stands in its hour, day and month, with the size the
// audience then had, and no more periods are kept than are shown.
func TestHistory(t *testing.T) {
	t.Parallel()
	a := newAudience("x", AudienceOptions{})
	at := time.Date(2024, 2, 28, 23, 59, 0, 0, time.FixedZone("", 3600)) // 22:59 UTC
	step := 90 * time.Minute
	for range 4 * 365 * 16 {
		a.counts.members++
		a.counts.synced += 2
		a.count(at, outcomeAdded, 3)
		a.count(at, outcomeRemoved, 1)
		a.count(at, outcomeRequests, 2)
		at = at.Add(step)
	}
	last := at.Add(-step).UTC()
	want := &musterpb.RowTotals{Added: 3, Removed: 1, Requests: 2, Members: a.counts.members, Synced: a.counts.synced, HourMs: last.Truncate(time.Hour).UnixMilli()}
	if got := a.row.History[len(a.row.History)-1]; !got.EqualVT(want) {
		t.Errorf("last hour: %v, want %v", got, want)
	}
	for _, h := range []struct {
		name    string
		periods []*musterpb.RowTotals
		most    int
		from    time.Time
		begins  func(time.Time) bool
	}{
		// Every third hour has nothing to count.
		{"hours", a.row.History, historyHours * 2 / 3, last.Truncate(time.Hour).Add(-(historyHours - 1) * time.Hour),
			func(p time.Time) bool { return p.Minute() == 0 }},
		{"days", a.row.HistoryDays, historyDays, last.Truncate(24*time.Hour).AddDate(0, 0, 1-historyDays),
			func(p time.Time) bool { return p.Hour() == 0 }},
		{"months", a.row.HistoryMonths, historyMonths, time.Date(last.Year(), last.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 1-historyMonths, 0),
			func(p time.Time) bool { return p.Day() == 1 && p.Hour() == 0 }},
	} {
		if len(h.periods) != h.most {
			t.Errorf("%d %s, want %d", len(h.periods), h.name, h.most)
		}
		if first := time.UnixMilli(h.periods[0].HourMs).UTC(); first.Before(h.from) || first.Sub(h.from) > time.Hour {
			t.Errorf("the first of the %s is %s, want %s", h.name, first, h.from)
		}
		for i, p := range h.periods {
			if !h.begins(time.UnixMilli(p.HourMs).UTC()) || i > 0 && p.HourMs <= h.periods[i-1].HourMs {
				t.Errorf("%s: %s after another", h.name, time.UnixMilli(p.HourMs).UTC())
			}
		}
	}
	total := func(periods []*musterpb.RowTotals) (n int64) {
		for _, p := range periods {
			n += p.Added
		}
		return n
	}
	if got, want := total(a.row.HistoryDays[historyDays-28:]), int64(28*16*3); got < want-48 || got > want {
		t.Errorf("%d added in four weeks, want about %d", got, want)
	}
	if size := (&musterpb.AudienceStatus{History: a.row.History, HistoryDays: a.row.HistoryDays, HistoryMonths: a.row.HistoryMonths}).SizeVT(); size > 8<<10 {
		t.Errorf("the history takes %d bytes of every status", size)
	}
	if diff := cmp.Diff(a.row.Totals.Added, int64(4*365*16*3)); diff != "" {
		t.Error(diff)
	}
}

// TestHistoryOfAClockThatGoesBack: what is counted at an earlier time than before
// stands in the last period; nothing is out of order and nothing is lost.
func TestHistoryOfAClockThatGoesBack(t *testing.T) {
	t.Parallel()
	a := newAudience("x", AudienceOptions{})
	now := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	a.count(now, outcomeAdded, 1)
	a.count(now.Add(-time.Minute), outcomeAdded, 1)
	for _, periods := range [][]*musterpb.RowTotals{a.row.History, a.row.HistoryDays, a.row.HistoryMonths} {
		if len(periods) != 1 || periods[0].HourMs != now.UnixMilli() || periods[0].Added != 2 {
			t.Errorf("got %v", periods)
		}
	}
}
