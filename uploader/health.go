package uploader

import (
	"maps"
	"sync"
)

// Health tells what was met that only a person can mend. It is shared by the
// tasks of a process and safe for concurrent use; the zero value is ready. What
// it holds stays until the process ends: the remedy needs a restart anyway.
type Health struct {
	mu         sync.Mutex
	twoSources map[string]int64
}

// TwoSources returns how many records said of a member what another partition of
// membership answers for, by audience. Empty = healthy.
func (h *Health) TwoSources() map[string]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.twoSources)
}

func (h *Health) addTwoSources(audience string) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.twoSources == nil {
		h.twoSources = map[string]int64{}
	}
	h.twoSources[audience]++
}
