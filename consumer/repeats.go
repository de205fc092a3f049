package consumer

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// repeatEvery is how often what goes on failing is said again.
const repeatEvery = time.Minute

// Repeats logs what fails again and again without filling the log: at once, then
// once a minute with how often, and when it is over once how often it was. The zero
// value is ready. It is safe for concurrent use.
type Repeats struct {
	// Patience is how many failures in a row are nothing to speak of.
	Patience int

	mu    sync.Mutex
	times int
	since time.Time
	said  time.Time // zero: nothing yet
	last  string
}

// Failed notes a failure and says it if it is time to, or if what says something
// else than the last one did. Beside args it tells how often and since when.
func (r *Repeats) Failed(ctx context.Context, log *slog.Logger, level slog.Level, what string, args ...any) {
	r.mu.Lock()
	now := time.Now()
	if r.times == 0 {
		r.since = now
	}
	r.times++
	times, since := r.times, now.Sub(r.since).Round(time.Millisecond)
	quiet := times <= r.Patience || (what == r.last && now.Sub(r.said) < repeatEvery)
	if !quiet {
		r.said, r.last = now, what
	}
	r.mu.Unlock()
	if !quiet {
		log.Log(ctx, level, what, append(args, "failures", times, "for", since)...)
	}
}

// Recovered ends the row of failures, and says so if one was said.
func (r *Repeats) Recovered(ctx context.Context, log *slog.Logger, what string, args ...any) {
	r.mu.Lock()
	times, since, said := r.times, time.Since(r.since).Round(time.Millisecond), !r.said.IsZero()
	r.times, r.said, r.last = 0, time.Time{}, ""
	r.mu.Unlock()
	if said {
		log.InfoContext(ctx, what, append(args, "recovered_after", times, "for", since)...)
	}
}
