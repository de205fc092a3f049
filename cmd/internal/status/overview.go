package status

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Overview is a moment of everything, in an order that does not change by itself.
type Overview struct {
	At          time.Time  `json:"at"`
	Sum         Sum        `json:"sum"`
	Audiences   []Audience `json:"audiences"` // by key
	Accounts    []Account  `json:"accounts"`  // by id
	Replicas    []Replica  `json:"replicas"`  // by host and start
	DeadLetters []Letters  `json:"dead_letters"`
}

// Letters are the dead letters of one reason, of all replicas since their start.
type Letters struct {
	Reason  string `json:"reason"`
	Records int64  `json:"records"`
}

// Overview returns the present moment of the board.
func (b *Board) Overview(now time.Time) Overview {
	b.drop(now.Add(-Forgotten))
	audiences, replicas := b.rows()
	o := Overview{At: now.UTC(), Audiences: []Audience{}, Replicas: []Replica{}, DeadLetters: []Letters{}}
	letters := map[string]int64{}
	for name, r := range replicas {
		o.Replicas = append(o.Replicas, replicaOf(name, r, now))
		for _, t := range r.DeadLetters {
			letters[t.Of] += t.Count
		}
	}
	slices.SortFunc(o.Replicas, func(a, b Replica) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), a.Started.Compare(b.Started), cmp.Compare(a.Name, b.Name))
	})
	allSilent(o.Replicas)
	for _, reason := range slices.Sorted(maps.Keys(letters)) {
		o.DeadLetters = append(o.DeadLetters, Letters{reason, letters[reason]})
	}
	for _, key := range slices.Sorted(maps.Keys(audiences)) {
		o.Audiences = append(o.Audiences, audienceOf(key, audiences[key]))
	}
	o.Accounts = Accounts(audiences)
	o.Sum = o.sum()
	return o
}

// Moment is what a message means by milliseconds; 0 is never.
func Moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
