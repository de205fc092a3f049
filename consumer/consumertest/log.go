package consumertest

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"muster/consumer"
)

// Logged is one record of the changelog in memory.
type Logged = consumer.LogRecord

// Log is a changelog, an output and committed offsets in memory. Several
// writers can be opened on it; only the newest may append (I3).
type Log struct {
	// Unfenced has the log take what former owners append, as brokers do that grant
	// no transactional id: as strays.
	Unfenced bool
	// Before, if set, is called before a writer's Open, End, Read and Append, so that
	// somebody else can write at that moment.
	Before func()
	// Twice has the log store this many of the next appends twice, as brokers do with
	// a request that is repeated without a producer id.
	Twice int
	// CrashAt has the n-th append from now crash before anything is stored.
	CrashAt int

	mu          sync.Mutex
	records     []Logged
	end         consumer.Position
	emissions   []consumer.Emission
	deadLetters []consumer.DeadLetter
	offsets     consumer.Offsets
	epoch       int
}

// Writer returns the consumer.Log of one owner.
func (l *Log) Writer() consumer.Log { return &writer{log: l} }

// Records returns all of the changelog, fences included.
func (l *Log) Records() []Logged {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Logged(nil), l.records...)
}

// Offsets returns what was committed last.
func (l *Log) Offsets() consumer.Offsets {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.offsets
}

func (l *Log) takeEmissions() []consumer.Emission {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.emissions
	l.emissions = nil
	return e
}

func (l *Log) takeDeadLetters() []consumer.DeadLetter {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.deadLetters
	l.deadLetters = nil
	return d
}

func (l *Log) before() {
	if l.Before != nil {
		l.Before()
	}
}

type writer struct {
	log   *Log
	epoch int
	dead  func() bool
}

// refuse is what an owner meets that is no longer the newest, or has died.
func (w *writer) refuse() error {
	switch {
	case w.dead != nil && w.dead():
		return ErrCrash
	case w.epoch != w.log.epoch && !w.log.Unfenced:
		return consumer.ErrFenced
	}
	return nil
}

func (w *writer) Open(context.Context) (consumer.Position, error) {
	w.log.before()
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	w.log.epoch++
	w.epoch = w.log.epoch
	return w.log.end, nil
}

func (w *writer) Renew(context.Context) error {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	return w.refuse()
}

func (w *writer) End(context.Context) (consumer.Position, error) {
	w.log.before()
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	return w.log.end, nil
}

func (w *writer) Start(context.Context) (consumer.Position, error) { return 0, nil }

func (w *writer) Read(_ context.Context, from, to consumer.Position) iter.Seq2[consumer.LogRecord, error] {
	w.log.before()
	records := w.log.Records()
	return func(yield func(consumer.LogRecord, error) bool) {
		for _, r := range records {
			if r.Position >= from && r.Position < to && !yield(r, nil) {
				return
			}
		}
	}
}

func (w *writer) Append(_ context.Context, at consumer.Position, writes []consumer.Write) (consumer.Position, error) {
	w.log.before()
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	if err := w.refuse(); err != nil {
		return 0, err
	}
	if w.log.CrashAt > 0 {
		w.log.CrashAt--
		if w.log.CrashAt == 0 {
			return 0, ErrCrash
		}
	}
	if w.log.Twice > 0 {
		w.log.Twice--
		w.log.store(at, writes)
	}
	return w.log.store(at, writes), nil
}

func (l *Log) store(at consumer.Position, writes []consumer.Write) (first consumer.Position) {
	first = l.end
	for _, r := range writes {
		l.records = append(l.records, Logged{
			Position: l.end, Key: clone(r.Key), Value: clone(r.Value), Time: time.Now(),
			Stray: l.Unfenced && at != consumer.NoPosition && at != first,
		})
		l.end++
	}
	return first
}

// Truncate takes the records from end on out of the log, as brokers do that lost
// what they had acknowledged.
func (l *Log) Truncate(end consumer.Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = slices.DeleteFunc(l.records, func(r Logged) bool { return r.Position >= end })
	l.end = end
}

// Compact leaves only the last record of each key, as Kafka does in the end: it
// does not know of strays.
func (l *Log) Compact() {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := map[string]consumer.Position{}
	for _, r := range l.records {
		last[string(r.Key)] = r.Position
	}
	l.records = slices.DeleteFunc(l.records, func(r Logged) bool { return last[string(r.Key)] != r.Position })
}

func (w *writer) Send(_ context.Context, e []consumer.Emission, d []consumer.DeadLetter) error {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	if w.dead != nil && w.dead() {
		return ErrCrash
	}
	for _, x := range e {
		x.Key, x.Value = clone(x.Key), clone(x.Value)
		w.log.emissions = append(w.log.emissions, x)
	}
	w.log.deadLetters = append(w.log.deadLetters, d...)
	return nil
}

func (w *writer) Commit(_ context.Context, o consumer.Offsets) error {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	if w.dead != nil && w.dead() {
		return ErrCrash
	}
	w.log.offsets = o
	return nil
}

// clone copies b and keeps nil apart from empty.
func clone(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}
