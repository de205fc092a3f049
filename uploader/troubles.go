package uploader

import (
	"sync"

	"muster/consumer"
	"muster/uploader/facebook"
)

// troubles keep the log quiet about requests that fail for the moment, an ad account
// each: in an outage all of its audiences meet the same. It is safe for concurrent
// use; the zero value is ready.
type troubles struct {
	mu sync.Mutex
	by map[facebook.AccountID]*consumer.Repeats
}

// patience is how many failures in a row Facebook is forgiven without a line.
const patience = 2

func (t *troubles) of(account facebook.AccountID) *consumer.Repeats {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by[account] == nil {
		if t.by == nil {
			t.by = make(map[facebook.AccountID]*consumer.Repeats)
		}
		t.by[account] = &consumer.Repeats{Patience: patience}
	}
	return t.by[account]
}
