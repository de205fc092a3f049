package consumer

import "time"

// pace bounds a commit by time, by choosing how many records it has. A task
// answers a rebalance between two commits: members whose commits take longer
// than the rebalance time-out are left out of the generation, join again and so
// leave out the others, for ever.
type pace struct {
	target  time.Duration // what one call of Process should take
	records int           // of the next commit
	max     int
}

const (
	// firstPace is how many records the first commit has: nothing is known of the
	// stage's speed yet. Every quick commit doubles it.
	firstPace = 16
	// longestProcess is the target unless the rebalance time-out is short.
	longestProcess = 500 * time.Millisecond
)

func newPace(o StageOptions) pace {
	return pace{target: min(longestProcess, o.RebalanceTimeout/20), records: min(firstPace, o.MaxBatchRecords), max: o.MaxBatchRecords}
}

// took takes into account that the Processor needed d for n records. What
// brokers need is no part of it: fewer records would not make them faster.
func (p *pace) took(n int, d time.Duration) {
	switch {
	case d > p.target:
		p.records = max(1, min(p.records, int(int64(n)*int64(p.target)/int64(d))))
	case d < p.target/2 && n >= p.records:
		p.records = min(p.max, 2*p.records)
	}
}
