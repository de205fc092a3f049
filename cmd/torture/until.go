package main

import (
	"context"
	"fmt"
	"time"
)

// until repeats do until it succeeds, at most for limit.
func until(ctx context.Context, limit, every time.Duration, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := do()
		if err == nil {
			return nil
		}
		if wait(ctx, every) != nil {
			return fmt.Errorf("gave up after %s: %w", limit, err)
		}
	}
}

// wait lets d pass, or returns the error of a ctx that ends before.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
