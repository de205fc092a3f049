package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"
)

const (
	// userKeySecret is that of all workers here.
	userKeySecret = "a secret of the tests, 16+ bytes"

	// requestTimeout is how long a worker waits for Facebook, and so how long it
	// holds an opposite request back after an answer that never came.
	requestTimeout = 3 * time.Second
)

// streamStart is long ago: nothing may depend on the events being new.
var streamStart = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// await polls until done, and tells what it waited for when ctx ends before.
func await(ctx context.Context, t *testing.T, what string, done func() (bool, string)) {
	t.Helper()
	start := time.Now()
	for {
		if ok, _ := done(); ok {
			t.Logf("%s after %s", what, time.Since(start).Round(100*time.Millisecond))
			return
		}
		select {
		case <-ctx.Done():
			ok, state := done()
			if ok {
				t.Logf("%s at the last moment", what)
				return
			}
			t.Fatalf("waited for: %s: %v\n%s", what, ctx.Err(), state)
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// size is how much a scenario does.
type size struct {
	people, audiences, steps, partitions int
}

func sizeOf() size {
	if testing.Short() {
		return size{people: 2_000, audiences: 20, steps: 12_000, partitions: 4}
	}
	return size{people: 20_000, audiences: 22, steps: 100_000, partitions: 4}
}

func (s size) String() string {
	return fmt.Sprintf("%d people, %d audiences, %d steps", s.people, s.audiences, s.steps)
}
