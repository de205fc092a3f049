package uploader

import (
	"encoding/hex"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/uploader/facebook/graphtest"
)

// TestRejections: the one row that spoils a batch is told of, by keys and reason
// and without a value; the others are in Facebook.
func TestRejections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Rejected: "muster.rejected"}, graphtest.Options{})
		// The first request and all halves of it that hold the bad row are refused: 16
		// rows, so five in all.
		w.graph.Inject(graphtest.Fault{Kind: graphtest.BadData, Match: graphtest.Match{Op: graphtest.OpAdd}, Count: 5})
		for _, user := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"} {
			w.enter("x", user, "email:"+user+" fn:"+user)
		}
		w.run(2 * time.Hour)
		var got []Rejection
		for _, e := range w.task.Emissions() {
			if e.Topic != "muster.rejected" {
				continue
			}
			var r Rejection
			if err := json.Unmarshal(e.Value, &r); err != nil || string(e.Key) != "x" {
				t.Fatalf("%s: %v", e.Value, err)
			}
			if r.At.IsZero() || len(r.User) != hex.EncodedLen(len(userKey(""))) {
				t.Errorf("%s", e.Value)
			}
			r.At, r.User = time.Time{}, ""
			got = append(got, r)
		}
		want := []Rejection{{Audience: "x", Keys: []string{"EMAIL", "FN"}, Op: "adding", Reason: "bad_request_100"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if n := w.lines(); n != 15 {
			t.Errorf("%d rows in Facebook, want 15", n)
		}
	})
}
