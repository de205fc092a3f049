package uploader

import (
	"maps"
	"sync"

	"muster/schema/musterpb"
)

// Health tells which audiences of this process wait for a person. It is shared
// by the tasks of a process and safe for concurrent use; the zero value is ready.
type Health struct {
	mu     sync.Mutex
	blocks map[string]Block
}

// Block is why nothing is sent to an audience, and what to do about it.
type Block struct {
	Title, Remedy string
}

// Blocked returns the blocks of audiences, by key. Empty = healthy.
func (h *Health) Blocked() map[string]Block {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.blocks)
}

// set takes what holds an audience now; nil = nothing.
func (h *Health) set(key string, b *musterpb.Block) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if b == nil {
		delete(h.blocks, key)
		return
	}
	if h.blocks == nil {
		h.blocks = make(map[string]Block)
	}
	h.blocks[key] = Block{Title: b.Title, Remedy: b.Remedy}
}
