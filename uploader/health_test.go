package uploader

import (
	"testing"
	"testing/synctest"
	"time"

	"muster/uploader/facebook/graphtest"
)

// TestHealth: what holds an audience is told with its remedy, and no longer than
// it holds or than the task is owned.
func TestHealth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := new(Health)
		w := newWorld(t, Options{Health: h, TakeoverWait: time.Second}, graphtest.Options{})
		gone := graphtest.Fault{Kind: graphtest.TokenExpired, Count: 1}
		w.graph.Inject(gone)
		w.enter("x", "u1", "email:a")
		w.run(5 * time.Minute)
		if b := h.Blocked()["x"]; b.Reason != "reauth" || b.Title == "" || b.Remedy == "" {
			t.Errorf("the token has expired, and health tells %+v", h.Blocked())
		}
		w.run(30 * time.Minute)
		if b := h.Blocked(); len(b) > 0 {
			t.Errorf("the token works again, and health tells %+v", b)
		}
		w.graph.Inject(gone)
		w.enter("x", "u2", "email:b")
		w.run(2 * time.Hour)
		w.graph.Inject(gone)
		w.enter("x", "u3", "email:c")
		for len(h.Blocked()) == 0 {
			w.run(time.Minute)
		}
		w.task.Close()
		if b := h.Blocked(); len(b) > 0 {
			t.Errorf("the task is closed, and health tells %+v", b)
		}
	})
}

// TestNewTokenWakes: what waits for another access token goes on as soon as there
// is one, not at the next slow beat.
func TestNewTokenWakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := new(Health)
		w := newWorld(t, Options{Health: h, TakeoverWait: time.Second, SlowBeat: 24 * time.Hour}, graphtest.Options{})
		w.token = "dead"
		w.graph.SetToken(graphtest.Token{Value: w.token, Dead: 460})
		w.enter("x", "u1", "email:a")
		w.run(10 * time.Minute)
		if b := h.Blocked()["x"]; b.Remedy == "" {
			t.Fatalf("the password changed, and health tells %+v", h.Blocked())
		}
		w.token = graphtest.DefaultToken
		w.run(time.Minute)
		if b := h.Blocked(); len(b) > 0 {
			t.Errorf("a minute with a good token, and health tells %+v", b)
		}
		w.converged()
	})
}
