package consumer

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// What fails again and again is said at once, then once a minute, at once when it is
// something else, and once when it is over.
func TestRepeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))
		var r Repeats
		fail := func(what string) { r.Failed(t.Context(), log, slog.LevelWarn, what, "error", errors.New("away")) }
		r.Recovered(t.Context(), log, "all is well")
		for range 91 {
			fail("no answer")
			time.Sleep(time.Second)
		}
		fail("wrong answer")
		r.Recovered(t.Context(), log, "it answers again", "who", "broker")
		r.Recovered(t.Context(), log, "it answers again", "who", "broker")
		fail("no answer")
		const want = `level=WARN msg="no answer" error=away failures=1 for=0s
level=WARN msg="no answer" error=away failures=61 for=1m0s
level=WARN msg="wrong answer" error=away failures=92 for=1m31s
level=INFO msg="it answers again" who=broker recovered_after=92 for=1m31s
level=WARN msg="no answer" error=away failures=1 for=0s
`
		if out.String() != want {
			t.Errorf("got\n%swant\n%s", &out, want)
		}
	})
}

// What passes before anybody's patience ends is not worth a line, nor its end.
func TestRepeatsWithPatience(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	r := Repeats{Patience: 1}
	for range 3 {
		r.Failed(t.Context(), log, slog.LevelWarn, "no answer")
		r.Recovered(t.Context(), log, "it answers again")
	}
	if out.Len() > 0 {
		t.Errorf("got %s", &out)
	}
}
