package page

import (
	"fmt"
	"math"
	"testing"
	"time"

	"muster/cmd/internal/status"
	"muster/schema"
	"muster/schema/musterpb"
)

const (
	minute = int64(time.Minute / time.Millisecond)
	hour   = 60 * minute
	day    = 24 * hour
)

// fixture is a board as an installation in use has it.
func fixture(t *testing.T, now time.Time) *status.Board {
	t.Helper()
	b, ms := new(status.Board), now.UnixMilli()
	for _, a := range []struct {
		key, name, state string
		members, pending int64
		sync, next       int64
		change           func(*musterpb.AudienceStatus)
	}{
		{"vip_customers", "VIP customers", "waiting", 48_211, 312, 41 * minute, 19 * minute, func(s *musterpb.AudienceStatus) {
			s.Errors = []*musterpb.RequestNote{
				{AtMs: ms - 3*hour, Op: "add_users", Rows: 4_120, Millis: 812, Class: "transient", Status: 503, Code: 2, TraceId: "AbCdEf0123", Title: "Facebook has a passing fault"},
			}
		}},
		{"lapsed_90_days", "Lapsed for 90 days", "adding", 213_940, 18_422, 3 * minute, 0, nil},
		{"cart_abandoners", "Cart abandoners", "waiting", 9_804, 0, 12 * minute, 0, nil},
		{"newsletter_de", "Newsletter Germany", "blocked", 77_120, 5_231, 7 * hour, 6 * minute, func(s *musterpb.AudienceStatus) {
			s.Block = &musterpb.Block{
				Reason: "terms", Title: "the custom audience terms are not accepted", SinceMs: ms - 7*hour,
				Remedy: "A person of the business accepts them at https://business.facebook.com/ads/manage/customaudiences/tos/?act=2045517 once.",
			}
		}},
		{"churn_risk", "Churn risk, high", "held", 31_007, 17_950, 2 * hour, 4 * minute, func(s *musterpb.AudienceStatus) {
			s.Block = &musterpb.Block{
				Reason: "many_removals", Title: "17,944 of 31,002 rows would be removed at once", SinceMs: ms - 2*hour,
				Remedy: "If that is right, run muster audience release churn_risk.",
			}
		}},
		{"app_installers", "App installers", "waiting", 120_644, 88, 25 * minute, 35 * minute, func(s *musterpb.AudienceStatus) { s.ContentUnknown = true }},
		{"lookalike_seed", "Lookalike seed by lifetime value", "paused", 5_000, 12, 26 * hour, 0, nil},
		{"internal_staff", "", "left_out", 184, 0, 0, 0, func(s *musterpb.AudienceStatus) { s.FacebookId = "" }},
	} {
		s := &musterpb.AudienceStatus{
			Name: a.name, State: a.state, Members: a.members, Pending: a.pending, Account: "2045517", FacebookId: fmt.Sprintf("2385%013d", a.members*7919),
			Unmatchable: a.members / 40, Desired: a.members * 13 / 10, Synced: a.members*13/10 - a.pending, Leaving: a.pending / 3,
			Windows: 2_190, WindowSeconds: 3600, UpdatedMs: ms - 4_000,
			AccountLoad: &musterpb.AccountLoad{UsedPercent: 37.4, Tier: "standard_access", WaitingAudiences: 1, WaitingRows: 10_000, OpensMs: ms + 8_000},
			Totals:      &musterpb.RowTotals{Added: a.members * 31 / 10, Removed: a.members * 17 / 10, Refused: 41, Requests: 2_400},
		}
		if a.sync > 0 {
			s.WindowStartedMs = ms - a.sync
		}
		if a.next > 0 {
			s.NextWindowMs = ms + a.next
		}
		s.History = wave(now.Truncate(time.Hour), 168, func(at time.Time, i int) time.Time { return at.Add(-time.Duration(i) * time.Hour) }, a.members, 24)
		today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
		s.HistoryDays = wave(today, 92, func(at time.Time, i int) time.Time { return at.AddDate(0, 0, -i) }, a.members, 7)
		s.HistoryMonths = wave(today.AddDate(0, 0, 1-today.Day()), 14, func(at time.Time, i int) time.Time { return at.AddDate(0, -i, 0) }, a.members, 6)
		s.Coverage = make([]int64, schema.NumKeys)
		for k, percent := range []int64{96, 61, 22, 88, 87, 35, 12} {
			s.Coverage[k] = a.members * percent / 100
		}
		s.UnmatchableBy = []int64{0, a.members / 60, a.members / 120}
		s.Reading = &musterpb.Reading{ReadMs: ms - 2*hour, Lower: a.members / 2, Upper: a.members * 6 / 10, Delivery: 200, DeliveryText: "This audience is ready for use.", Operation: 200, OperationText: "Normal"}
		for i := range int64(10) {
			op := "add_users"
			if i%3 == 0 {
				op = "remove_users"
			}
			s.Requests = append(s.Requests, &musterpb.RequestNote{AtMs: ms - (10-i)*20*minute, Op: op, Rows: 400 + i*937%4000, Millis: 640 + i*113%700})
		}
		if a.change != nil {
			a.change(s)
		}
		set(t, b, a.key, s)
	}
	for i, r := range []*musterpb.Replica{
		{Host: "muster-0", Version: "1.4.0", State: "ready", StartedMs: ms - 6*day, SaidMs: ms - 9_000, Tasks: []*musterpb.TaskNote{
			task("membership", 0, "running", 0), task("membership", 1, "running", 3), task("uploader", 0, "running", 0), task("uploader", 1, "running", 0),
		}, DeadLetters: []*musterpb.Tally{{Of: "no_user", Count: 17}, {Of: "not_an_event", Count: 3}}},
		{Host: "muster-1", Version: "1.4.0", State: "restoring", StartedMs: ms - 2*minute, SaidMs: ms - 2_000, Reasons: []string{"task membership/2 is taking over, 812,004 of 1,905,331 changelog records read"}, Tasks: []*musterpb.TaskNote{
			{Stage: "membership", Partition: 2, State: "restoring", RestoreDone: 812_004, RestoreTotal: 1_905_331},
			task("membership", 3, "running", 1_204), task("uploader", 2, "running", 0), task("uploader", 3, "running", 0),
		}, DeadLetters: []*musterpb.Tally{{Of: "no_user", Count: 5}}},
		{Host: "muster-2", Version: "1.3.2", State: "ready", StartedMs: ms - 9*day, SaidMs: ms - 11*minute},
	} {
		value, err := r.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		if err := b.SetReplica(fmt.Sprintf("replica-%d", i), value); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func set(t *testing.T, b *status.Board, key string, s *musterpb.AudienceStatus) {
	t.Helper()
	value, err := s.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetAudience(key, value); err != nil {
		t.Fatal(err)
	}
}

func task(stage string, partition int32, state string, lag int64) *musterpb.TaskNote {
	return &musterpb.TaskNote{Stage: stage, Partition: partition, State: state, Lag: []*musterpb.Tally{{Of: "identify", Count: lag}}}
}

// wave is a history that goes up and down, up to the present.
func wave(now time.Time, n int, back func(time.Time, int) time.Time, members int64, round float64) []*musterpb.RowTotals {
	list := make([]*musterpb.RowTotals, n)
	for i := range n {
		at, x := back(now, n-1-i), 2*math.Pi*float64(i)/round
		size := float64(members) * (0.7 + 0.3*float64(i+1)/float64(n) + 0.02*math.Sin(x))
		list[i] = &musterpb.RowTotals{
			HourMs: at.UnixMilli(), Members: int64(size), Requests: 3,
			Added: int64(float64(members) / 150 * (1.4 + math.Sin(x))), Removed: int64(float64(members) / 260 * (1.3 + math.Cos(x*0.9))),
		}
	}
	return list
}
