package membership

import (
	"maps"
	"sync"
)

// Health tells which sources cannot be used as they are. It is shared by the
// tasks of a process and safe for concurrent use; the zero value is ready. What
// it holds stays until the process ends: the remedy needs a restart anyway.
type Health struct {
	mu       sync.Mutex
	notKeyed map[string]int64
}

// NotKeyed returns how many records this process met that are not keyed by
// their user, by topic. Empty = healthy.
func (h *Health) NotKeyed() map[string]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.notKeyed)
}

func (h *Health) addNotKeyed(topic string, n int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.notKeyed == nil {
		h.notKeyed = map[string]int64{}
	}
	h.notKeyed[topic] += n
}
