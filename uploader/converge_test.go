package uploader

import (
	"testing"
	"testing/synctest"
	"time"

	"muster/uploader/facebook/graphtest"
)

func TestFirstSync(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{}, graphtest.Options{})
		w.enter("a", "u1", "email:1 fn:x", "email:1b fn:x")
		w.enter("a", "u2", "phone:2 fn:y")
		w.exit("a", "u3")
		w.run(2 * time.Minute)
		w.converged()
		w.enter("a", "u1", "email:1 fn:z")
		w.exit("a", "u2")
		w.run(2 * time.Hour)
		w.converged()
	})
}
