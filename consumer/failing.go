package consumer

import (
	"fmt"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// failing tells a disk that takes no writes any more from one that stumbled.
// Pebble tries a failed flush or compaction again at once and for ever; meanwhile
// writers wait for room, holding what Close needs, and Open does not return.
type failing struct {
	dir    string
	after  time.Duration
	failed func(error)

	mu    sync.Mutex
	first time.Time // of the errors in a row; zero = none
	last  time.Time
}

func (f *failing) listen(l *pebble.EventListener) {
	l.BackgroundError = f.met
	l.FlushEnd = func(i pebble.FlushInfo) { f.done(i.Err) }
	l.CompactionEnd = func(i pebble.CompactionInfo) { f.done(i.Err) }
}

func (f *failing) done(err error) {
	if err != nil {
		return // met hears of it
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.first = time.Time{}
}

// met takes an error into account. What is broken, not refused, is wiped.
func (f *failing) met(err error) {
	if pebble.IsCorruptionError(err) {
		return
	}
	f.mu.Lock()
	now := time.Now()
	if f.first.IsZero() || now.Sub(f.last) > f.after {
		f.first = now
	}
	f.last = now
	over := now.Sub(f.first) >= f.after
	f.mu.Unlock()
	if over {
		f.failed(fmt.Errorf("write table %s, tried for %s: %w", f.dir, f.after, err))
	}
}

// tableLogger drops Pebble's information and error chatter; errors also come back
// from the operations. After a fatal one Pebble must not go on.
type tableLogger struct{ failed func(error) }

func (tableLogger) Infof(string, ...any)  {}
func (tableLogger) Errorf(string, ...any) {}
func (l tableLogger) Fatalf(format string, args ...any) {
	err := fmt.Errorf("pebble: "+format, args...)
	l.failed(err)
	panic(err)
}
