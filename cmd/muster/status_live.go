package main

import (
	"context"
	"io"
	"sync"
	"time"

	"muster/cmd/internal/status"
)

// What a terminal does (xterm, ECMA-48): another screen, which leaves what was there
// before; no cursor; the cursor to the top left; the rest of the screen erased.
const (
	otherScreen = "\x1b[?1049h\x1b[?25l"
	firstScreen = "\x1b[?25h\x1b[?1049l"
	home        = "\x1b[H"
	eraseBelow  = "\x1b[J"
)

// statusLive draws a board on a terminal.
type statusLive struct {
	out    io.Writer
	look   statusLook
	size   func() (width, height int, err error)
	follow func(context.Context) // brings the board up to date until the context ends
}

// run draws the board whenever it has changed, until ctx ends, and leaves the terminal
// as it was.
func (s *statusLive) run(ctx context.Context, board *status.Board) error {
	following, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { s.follow(following) })
	defer wg.Wait()
	defer stop()
	if _, err := io.WriteString(s.out, otherScreen); err != nil {
		return err
	}
	defer func() { _, _ = io.WriteString(s.out, firstScreen) }() // a terminal that is gone needs nothing
	for {
		_, next := board.Changed()
		width, height, err := s.size()
		if err != nil {
			return err
		}
		text := s.look.text(board.Overview(time.Now()))
		if _, err := io.WriteString(s.out, home+fit(text, width, height)+eraseBelow); err != nil {
			return err
		}
		if !rest(ctx, drawAtMost, nil) || !rest(ctx, drawAtLeast-drawAtMost, next) {
			return nil
		}
	}
}

// rest waits, or for something to happen; false where ctx has ended.
func rest(ctx context.Context, d time.Duration, next <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-next:
		return true
	case <-ctx.Done():
		return false
	}
}
