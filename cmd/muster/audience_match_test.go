package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/schema"
	"muster/schema/musterpb"
)

// TestMatchText: what an ads person reads of an audience that matches few.
func TestMatchText(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_800_000_000_000)
	s := &musterpb.AudienceStatus{
		Coverage:      make([]int64, schema.NumKeys),
		UnmatchableBy: []int64{0, 7, 2, 0},
		Reading: &musterpb.Reading{
			ReadMs: now.Add(-time.Hour).UnixMilli(), Lower: 0, Upper: 90, Delivery: 300, DeliveryText: "Audience too small",
			Operation: 411, OperationText: "Low match rate",
		},
	}
	s.Coverage[schema.Email], s.Coverage[schema.FN] = 150, 20
	want := []shownLine{
		{"identifiers", "EMAIL 75 %, FN 10 %"},
		{"not sent", "7: nothing known; 2: no email, phone or mobile id"},
		{"matched", "0 to 90 people, read 1h0m0s ago"},
		{"facebook says", "Audience too small (delivery 300); it delivers to no fewer than 100 matched people; Low match rate (operation 411)"},
	}
	if d := cmp.Diff(want, matchOf(s).text(200, now), cmp.AllowUnexported(shownLine{})); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	s = &musterpb.AudienceStatus{Reading: &musterpb.Reading{ReadMs: now.UnixMilli(), Lower: -1, Upper: -1, Delivery: 200, Operation: 200}}
	want = []shownLine{{"matched", "Facebook does not say yet, read 0s ago"}}
	if d := cmp.Diff(want, matchOf(s).text(0, now), cmp.AllowUnexported(shownLine{})); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
