package worker

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"
)

// TestReporterStops: a report that is cut off by the end of the replica is no failure, and
// the last one is written all the same.
func TestReporterStops(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	var log bytes.Buffer
	var last []byte
	calls := 0
	r := &reporter{
		status: func() Status { return Status{State: Ready} }, name: "r", started: time.Now(), log: slog.New(slog.NewTextHandler(&log, nil)),
		append: func(ctx context.Context, _, value []byte) error {
			last = value
			if calls++; calls == 1 {
				stop()
				<-ctx.Done()
			}
			return ctx.Err()
		},
	}
	r.run(ctx)
	if calls != 2 || last != nil {
		t.Errorf("%d reports, the last one of %d bytes", calls, len(last))
	}
	if log.Len() > 0 {
		t.Errorf("it complains: %s", log.String())
	}
}
