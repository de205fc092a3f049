package model

import (
	"slices"
	"testing"
	"time"
)

func wildStream(seed uint64) *Stream {
	return New(Options{
		Seed: seed, People: 400, Audiences: 10, Partitions: 3, Steps: 6000, Hot: 12, Skew: true,
		Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Tick: 5 * time.Millisecond,
	})
}

// TestHotPeople enter and leave far oftener than others, and have identifiers in
// common while they are in one audience.
func TestHotPeople(t *testing.T) {
	t.Parallel()
	s := wildStream(3)
	drain(s)
	restless := 0
	for _, facts := range s.Truth().facts {
		moves := make(map[string]int)
		for _, f := range facts {
			for audience := range f.In {
				moves[audience]++
			}
		}
		if slices.ContainsFunc(s.audiences, func(a string) bool { return moves[a] >= 8 }) {
			restless++
		}
	}
	if restless < 12 {
		t.Errorf("%d people moved in and out of an audience often", restless)
	}
	shared := 0
	for _, users := range s.Truth().Members() {
		owners := make(map[string]int)
		for _, rows := range users {
			for _, r := range rows {
				owners[r[email]]++
			}
		}
		for v, n := range owners {
			if v != "" && n > 1 {
				shared++
			}
		}
	}
	if shared < 20 {
		t.Errorf("%d emails are shared within an audience", shared)
	}
}

// TestSkewedStamps: what a wrong clock says is out of order, and equal stamps
// speak of different things, so that no tie decides.
func TestSkewedStamps(t *testing.T) {
	t.Parallel()
	s := wildStream(4)
	drain(s)
	late, equal := 0, 0
	for user, facts := range s.Truth().facts {
		said := make(map[int64][]Fact)
		newest := int64(0)
		for _, f := range facts {
			if f.At < newest {
				late++
			}
			newest = max(newest, f.At)
			said[f.At] = append(said[f.At], f)
		}
		for at, same := range said {
			seen := make(map[string]bool)
			for _, f := range same {
				for audience := range f.In {
					if seen[audience] {
						t.Errorf("%s: two events at %d speak of %s", user, at, audience)
					}
					seen[audience] = true
				}
				if len(same) > 1 {
					equal++
					if len(f.In) != 1 || len(f.Said)+len(f.Single)+len(f.NoTrack) > 0 || f.Erase {
						t.Errorf("%s: events at %d speak of more than audiences: %+v", user, at, f)
					}
				}
			}
		}
	}
	if late < 100 || equal < 10 {
		t.Errorf("%d stamps out of order, %d equal", late, equal)
	}
}
