package uploader

import (
	"strings"
	"testing"
	"time"
)

func TestOptionsMistakes(t *testing.T) {
	t.Parallel()
	_, err := New(Options{
		Window: -time.Second, MaxRows: 10_001, MaxSlice: -1,
		Audiences: map[string]AudienceOptions{
			"a": {FacebookID: "1"}, "b": {FacebookID: "1"}, "c": {FacebookID: "1", LeaveOut: true},
			"d": {Window: -1}, "e": {FacebookName: "VIP"}, "f": {FacebookName: "VIP"}, "g": {FacebookName: "VIP", Account: "7"},
		},
	})
	if err == nil {
		t.Fatal("no mistake found")
	}
	for _, want := range []string{
		"facebook client", "installation", "status topic", "window -1s", "max rows 10001", "max slice -1",
		`facebook audience 1: is given to ["a" "b"]`, `facebook audience "VIP" in ad account : is given to ["e" "f"]`, `audience "d": window -1ns`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
}

func TestBoundary(t *testing.T) {
	t.Parallel()
	spread := make(map[time.Duration]bool)
	for _, key := range []string{"a", "b", "c", "d"} {
		a := newAudience(key, AudienceOptions{Window: time.Hour})
		for _, last := range []int64{1_700_000_000_000, 1_700_000_000_001, 1_700_003_599_999} {
			a.row.WindowStartedMs = last
			gap := a.boundary().Sub(time.UnixMilli(last))
			if gap <= 0 || gap > time.Hour {
				t.Errorf("%s: boundary %s after %d", key, gap, last)
			}
			again := a.boundary()
			a.row.WindowStartedMs = again.UnixMilli()
			if d := a.boundary().Sub(again); d != time.Hour {
				t.Errorf("%s: next boundary after %s", key, d)
			}
			spread[time.Duration(again.UnixMilli()%3_600_000)] = true
		}
	}
	if len(spread) < 4 {
		t.Errorf("four audiences share %d phases", len(spread))
	}
}
