package uploader

import "sync"

const (
	// labelOther stands for all audiences beyond the number that metrics tell apart.
	labelOther = "other"
	// labelUnlinked stands, where ids are the labels, for those that have none yet.
	labelUnlinked = "unlinked"
)

// labels are the values by which metrics name audiences: keys, or where keys may be
// sensitive their Facebook ids, and so many different ones at most. It is safe for
// concurrent use.
type labels struct {
	max  int
	byID bool

	mu      sync.Mutex
	counted map[string]bool // values that a counter has, which keeps them
}

// name is what an audience is called in telemetry; "" = nothing yet.
func (l *labels) name(key, id string) string {
	if l.byID {
		return id
	}
	return key
}

// ofCounter is the label of an audience in counters: the first ones that are counted
// are told apart.
func (l *labels) ofCounter(key, id string) string {
	name := l.name(key, id)
	if name == "" {
		return labelUnlinked
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counted[name] {
		return name
	}
	if len(l.counted) >= l.max {
		return labelOther
	}
	if l.counted == nil {
		l.counted = make(map[string]bool)
	}
	l.counted[name] = true
	return name
}
