package uploader

import (
	"maps"
	"sync"

	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// Health tells what audiences of this process wait for a person to mend. It is
// shared by the tasks of a process and safe for concurrent use; the zero value is
// ready.
type Health struct {
	mu         sync.Mutex
	blocks     map[string]Block
	twoSources map[string]int64
	overdue    map[string]Overdue
	accounts   map[accountPart]Overdue
}

// accountPart is what one task has to do with an ad account.
type accountPart struct {
	account   facebook.AccountID
	partition int
}

// Block is why nothing is sent to an audience, and what to do about it. Reason is a
// heading of docs/states.md.
type Block struct {
	Reason, Title, Remedy string
}

// Blocked returns the blocks of audiences, by key. Empty = healthy.
func (h *Health) Blocked() map[string]Block {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.blocks)
}

// TwoSources returns how many records said of a member what another partition of
// membership answers for, by audience. Empty = healthy. It stays until the
// process ends: the remedy needs a restart anyway.
func (h *Health) TwoSources() map[string]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.twoSources)
}

// Overdue are erasures of one audience that Facebook has not carried out in time.
type Overdue struct {
	Erasures int64
	Remedy   string
}

// Overdue returns the overdue erasures of audiences, by key. Empty = healthy.
func (h *Health) Overdue() map[string]Overdue {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.overdue)
}

// OverdueAccounts returns the overdue erasures that are to reach whole ad accounts, by
// account. Empty = healthy.
func (h *Health) OverdueAccounts() map[facebook.AccountID]Overdue {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make(map[facebook.AccountID]Overdue)
	for of, o := range h.accounts {
		o.Erasures += all[of.account].Erasures
		all[of.account] = o
	}
	return all
}

// setAccount takes what a task has of an account; no erasures = nothing.
func (h *Health) setAccount(account facebook.AccountID, partition int, o Overdue) {
	h.mu.Lock()
	defer h.mu.Unlock()
	of := accountPart{account, partition}
	if o.Erasures == 0 {
		delete(h.accounts, of)
		return
	}
	if h.accounts == nil {
		h.accounts = make(map[accountPart]Overdue)
	}
	h.accounts[of] = o
}

// set takes what holds an audience now; nil = nothing.
func (h *Health) set(key string, s *musterpb.AudienceStatus) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.overdue, key)
	if n := s.GetErasuresOverdue(); n > 0 {
		if h.overdue == nil {
			h.overdue = make(map[string]Overdue)
		}
		h.overdue[key] = Overdue{Erasures: n, Remedy: s.OverdueRemedy}
	}
	b := s.GetBlock()
	if b == nil {
		delete(h.blocks, key)
		return
	}
	if h.blocks == nil {
		h.blocks = make(map[string]Block)
	}
	h.blocks[key] = Block{Reason: b.Reason, Title: b.Title, Remedy: b.Remedy}
}

func (h *Health) addTwoSources(audience string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.twoSources == nil {
		h.twoSources = make(map[string]int64)
	}
	h.twoSources[audience]++
}
