package status

import (
	"bytes"
	"fmt"
	"maps"
	"sync"
	"time"

	"muster/schema/musterpb"
)

// Board is what owners last said of their audiences and replicas of themselves. It is
// safe for concurrent use; the zero value is empty and ready. What it hands out must
// not be changed.
type Board struct {
	mu        sync.Mutex
	audiences map[string]*musterpb.AudienceStatus // by key, without what only Detail shows
	values    map[string][]byte                   // of audiences, by key
	replicas  map[string]*musterpb.Replica        // by name
	sources   map[string]source                   // of audiences' keys and replicas' names
	read      map[source]int64                    // the offset up to which each was read
	version   int64
	changed   chan struct{} // closed at the next change
}

// source is the partition that a row was read from.
type source struct {
	topic     string
	partition int
}

// SetAudience takes a record of muster.audiences; without value the audience is gone.
func (b *Board) SetAudience(key string, value []byte) error {
	return b.audience(source{}, key, value)
}

// SetReplica takes a record of muster.replicas; without value the replica has stopped.
func (b *Board) SetReplica(name string, value []byte) error {
	return b.replica(source{}, name, value)
}

func (b *Board) audience(from source, key string, value []byte) error {
	s := new(musterpb.AudienceStatus)
	if err := s.UnmarshalVT(value); err != nil {
		return fmt.Errorf("decode status of audience %q: %w", key, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.audiences == nil {
		b.audiences, b.values = make(map[string]*musterpb.AudienceStatus), make(map[string][]byte)
	}
	// Decoded, a history takes five times as much, and nearly all audiences are never
	// looked at alone.
	s.History, s.HistoryDays, s.HistoryMonths, s.Requests, s.Errors = nil, nil, nil, nil, nil
	b.audiences[key], b.values[key] = s, bytes.Clone(value)
	if value == nil {
		delete(b.audiences, key)
		delete(b.values, key)
	}
	b.from("a"+key, from, value != nil)
	return nil
}

func (b *Board) replica(from source, name string, value []byte) error {
	r := new(musterpb.Replica)
	if err := r.UnmarshalVT(value); err != nil {
		return fmt.Errorf("decode report of replica %q: %w", name, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.replicas == nil {
		b.replicas = make(map[string]*musterpb.Replica)
	}
	b.replicas[name] = r
	if value == nil {
		delete(b.replicas, name)
	}
	b.from("r"+name, from, value != nil)
	return nil
}

// from notes where a row came from, and tells that something has changed.
func (b *Board) from(row string, s source, kept bool) {
	if b.sources == nil {
		b.sources = make(map[string]source)
	}
	b.sources[row] = s
	if !kept {
		delete(b.sources, row)
	}
	b.tell()
}

// reached notes up to which offset a partition was read.
func (b *Board) reached(s source, next int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.read == nil {
		b.read = make(map[source]int64)
	}
	b.read[s] = next
}

// next is the offset up to which a partition was read, -1 where it was not.
func (b *Board) next(s source) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if next, ok := b.read[s]; ok {
		return next
	}
	return -1
}

// forget drops what a partition said: it is read again from its beginning.
func (b *Board) forget(s source) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for row, from := range b.sources {
		if from == s {
			delete(b.sources, row)
			if row[0] == 'a' {
				delete(b.audiences, row[1:])
				delete(b.values, row[1:])
			} else {
				delete(b.replicas, row[1:])
			}
		}
	}
	b.tell()
}

func (b *Board) tell() {
	b.version++
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// Changed returns a number that grows with every change, and what is closed at the next
// one.
func (b *Board) Changed() (version int64, next <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return b.version, b.changed
}

// Audience returns what was last said of an audience, nil where nothing was.
func (b *Board) Audience(key string) *musterpb.AudienceStatus {
	b.mu.Lock()
	value, ok := b.values[key]
	b.mu.Unlock()
	s := new(musterpb.AudienceStatus)
	if !ok || s.UnmarshalVT(value) != nil { // it was decoded when it came
		return nil
	}
	return s
}

// drop forgets replicas that have said nothing since then: nobody else does so for those
// that died without a word.
func (b *Board) drop(since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, r := range b.replicas {
		if r.SaidMs < since.UnixMilli() {
			delete(b.replicas, name)
			delete(b.sources, "r"+name)
		}
	}
}

// rows returns all there is, of audiences what an Overview shows.
func (b *Board) rows() (map[string]*musterpb.AudienceStatus, map[string]*musterpb.Replica) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.audiences), maps.Clone(b.replicas)
}
