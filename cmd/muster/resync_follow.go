package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/consumer"
	"muster/schema/musterpb"
)

// follow tells how far an audience's resync is, a line for each change, until it is
// done. What holds the audience up ends it with an error.
func follow(ctx context.Context, w io.Writer, cluster *consumer.Cluster, c *config.Config, first *musterpb.AudienceStatus, audience string) error {
	var said string
	var stopped error
	began := first.Totals.GetAdded()
	tell := func(s *musterpb.AudienceStatus) bool {
		switch {
		case s.ReplaceFailed != nil:
			stopped = fmt.Errorf("%s. %s", s.ReplaceFailed.Title, s.ReplaceFailed.Remedy)
			return false
		case s.Block != nil:
			stopped = fmt.Errorf("%s: %s. %s It goes on by itself then", s.State, s.Block.Title, s.Block.Remedy)
			return false
		}
		line := fmt.Sprintf("%s: %s, %d rows sent of %d", audience, s.State, s.Totals.GetAdded()-began, s.Desired)
		if s.Replace != "" {
			line = fmt.Sprintf("%s: %s", audience, s.Replace)
		}
		if line != said {
			fmt.Fprintln(w, line) // to a person; a lost line changes nothing
		}
		said = line
		return s.Desired > 0 && (s.Resyncing || s.Replace != "")
	}
	if !tell(first) {
		return stopped
	}
	return errors.Join(worker.Follow(ctx, cluster, c, audience, first, tell), stopped)
}
