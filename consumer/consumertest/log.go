package consumertest

import (
	"context"
	"iter"
	"sync"
	"time"

	"muster/consumer"
)

// Logged is one record of the changelog in memory.
type Logged = consumer.LogRecord

// Log is a changelog, an output and committed offsets in memory. Several
// writers can be opened on it; only the newest may append (I3).
type Log struct {
	mu          sync.Mutex
	records     []Logged
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
	case w.epoch != w.log.epoch:
		return consumer.ErrFenced
	}
	return nil
}

func (w *writer) Open(context.Context) (consumer.Position, error) {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	w.log.epoch++
	w.epoch = w.log.epoch
	return consumer.Position(len(w.log.records)), nil
}

func (w *writer) Renew(context.Context) error {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	return w.refuse()
}

func (w *writer) End(context.Context) (consumer.Position, error) {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	return consumer.Position(len(w.log.records)), nil
}

func (w *writer) Start(context.Context) (consumer.Position, error) { return 0, nil }

func (w *writer) Read(_ context.Context, from, to consumer.Position) iter.Seq2[consumer.LogRecord, error] {
	records := w.log.Records()
	return func(yield func(consumer.LogRecord, error) bool) {
		for p := max(from, 0); p < min(to, consumer.Position(len(records))); p++ {
			if !yield(records[p], nil) {
				return
			}
		}
	}
}

func (w *writer) Append(_ context.Context, writes []consumer.Write) (consumer.Position, error) {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	if err := w.refuse(); err != nil {
		return 0, err
	}
	at := consumer.Position(len(w.log.records))
	for i, r := range writes {
		w.log.records = append(w.log.records, Logged{
			Position: at + consumer.Position(i), Key: clone(r.Key), Value: clone(r.Value), Time: time.Now(),
		})
	}
	return at, nil
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
