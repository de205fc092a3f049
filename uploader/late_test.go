package uploader

import (
	"testing"
	"testing/synctest"
	"time"

	"muster/uploader/facebook/graphtest"
)

// TestLateAddOfAnOldRow: an add whose answer nobody got may take effect after
// newer rows of its members, with the weak keys of before.
func TestLateAddOfAnOldRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Window: 4 * time.Second, Quiet: time.Second}, graphtest.Options{})
		w.enter("vip", "u1", "email:a fn:old")
		w.enter("vip", "u2", "email:b fn:old")
		w.graph.Inject(graphtest.Fault{Kind: graphtest.ResetAfter, Match: graphtest.Match{Op: graphtest.OpAdd}, Delay: 15 * time.Second})
		w.run(8 * time.Second)
		w.enter("vip", "u1", "email:a fn:new")
		w.enter("vip", "u3", "email:c fn:new")
		w.run(time.Minute)
		w.converged()
	})
}
