package consumer

import (
	"testing"
	"time"
)

// Whatever a record costs, commits soon take about the target, and no more than
// one of them is far longer.
func TestPaceFindsTheTarget(t *testing.T) {
	t.Parallel()
	for _, cost := range []time.Duration{0, time.Microsecond, 100 * time.Microsecond, 5 * time.Millisecond, 300 * time.Millisecond, 2 * time.Second} {
		p := newPace(StageOptions{RebalanceTimeout: 30 * time.Second, MaxBatchRecords: 5000})
		long := 0
		for range 20 {
			n := p.records
			d := time.Duration(n) * cost
			if d > max(2*p.target, cost) {
				long++
			}
			p.took(n, d)
		}
		d := time.Duration(p.records) * cost
		if long > 1 || p.records < 1 || d > max(p.target, cost) || (d < p.target/4 && p.records < 5000) {
			t.Errorf("%s a record: commits of %d records take %s, %d were too long", cost, p.records, d, long)
		}
	}
}

// A stage that becomes slower is followed, and one that becomes quick again.
func TestPaceFollows(t *testing.T) {
	t.Parallel()
	p := newPace(StageOptions{RebalanceTimeout: 2 * time.Second, MaxBatchRecords: 1000})
	if p.target != 100*time.Millisecond {
		t.Fatalf("target %s of a short rebalance time-out", p.target)
	}
	for range 20 {
		p.took(p.records, time.Millisecond)
	}
	if p.records != 1000 {
		t.Fatalf("quick commits have %d records", p.records)
	}
	p.took(1000, 10*time.Second)
	if p.records != 10 {
		t.Errorf("after a slow commit: %d records, want 10", p.records)
	}
	// A small batch says little of what a full one takes.
	p.took(1, time.Microsecond)
	if p.records != 10 {
		t.Errorf("after a small commit: %d records, want 10", p.records)
	}
}
