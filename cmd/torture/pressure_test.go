package main

import (
	"testing"
	"time"

	"muster/uploader/facebook/graphtest"
)

// TestPressure: what counts is an opposite request soon after one without answer.
func TestPressure(t *testing.T) {
	t.Parallel()
	entry := func(second int, op graphtest.Op, client string, o graphtest.Outcome) graphtest.Entry {
		at := time.Unix(int64(second), 0)
		return graphtest.Entry{Start: at, End: at, Op: op, Client: client, Audience: "1", Outcome: o}
	}
	got := pressureOf([]graphtest.Entry{
		entry(1, graphtest.OpAdd, "a", graphtest.Answered),
		entry(2, graphtest.OpRemove, "a", graphtest.Reset),
		entry(3, graphtest.OpRemove, "a", graphtest.Answered), // repeated
		entry(5, graphtest.OpAdd, "a", graphtest.Reset),       // its opposite
		entry(30, graphtest.OpRemove, "b", graphtest.Abandoned),
	}, 4*time.Second)
	if want := (pressure{Unanswered: 3, Opposites: 1, Handovers: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
