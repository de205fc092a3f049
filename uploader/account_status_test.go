package uploader

import (
	"testing"
	"testing/synctest"
	"time"

	"muster/uploader/facebook/graphtest"
)

// TestAccountBlockIsShownOfAll: what holds the ad account, or everything, is shown of
// all audiences that it holds, and of none any more once it is over, also of those to
// which nothing happens.
func TestAccountBlockIsShownOfAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := new(Health)
		w := newWorld(t, Options{Health: h, TakeoverWait: time.Second, ReadEvery: -1, ResendOver: -1}, graphtest.Options{})
		for _, audience := range []string{"x", "quiet", "netted"} {
			w.enter(audience, "u1", "email:a")
		}
		w.run(3 * time.Hour)
		w.token = "dead"
		w.graph.SetToken(graphtest.Token{Value: w.token, Dead: 460})
		w.enter("x", "u2", "email:b")
		w.run(3 * time.Hour)
		w.enter("netted", "u2", "email:c")
		w.exit("netted", "u2")
		w.run(time.Minute)
		for _, audience := range []string{"x", "quiet", "netted"} {
			if h.Blocked()[audience].Remedy == "" {
				t.Errorf("the password changed, and of %s health tells nothing", audience)
			}
		}
		w.token = graphtest.DefaultToken
		w.run(time.Hour)
		if b := h.Blocked(); len(b) > 0 {
			t.Errorf("the token is good again, and health tells %+v", b)
		}
		w.converged()
	})
}
