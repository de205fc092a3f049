package consumer

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A long restore says every ten seconds how far it is and how long it will take; a
// short one says nothing.
func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		p := newProgress(slog.New(slog.NewTextHandler(&said, nil)))
		for i := range int64(25) {
			p.at(i*100, 10_000)
			time.Sleep(time.Second)
		}
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		if len(lines) != 2 {
			t.Fatalf("said %d times:\n%s", len(lines), said.String())
		}
		for i, want := range []string{"done=1000 of=10000 percent=10 left=1m30s", "done=2000 of=10000 percent=20 left=1m20s"} {
			if !strings.Contains(lines[i], want) {
				t.Errorf("said %q, want %q", lines[i], want)
			}
		}
	})
}
