package worker_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/cmd/internal/config"
	"muster/schema"
	"muster/uploader/facebook/graphtest"
)

// An erasure reaches the audience of another team only with erase.scope account. Then
// nothing by which the person could be found is left in what the stages tell each other.
func TestScopeOfErasures(t *testing.T) {
	t.Parallel()
	for _, scope := range []string{config.EraseAudiences, config.EraseAccount} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.topic("identify", 2)
			w.topic("audience-membership", 2)
			c := w.config()
			c.Erase.Scope = scope
			suppression := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "suppression"})
			for _, h := range hashes("u1", "u2") {
				w.graph.AddRows(suppression, graphtest.Row{"EMAIL": h})
			}
			var log bytes.Buffer
			_, stop := w.run(c, &log)
			for _, user := range []string{"u1", "u2"} {
				w.produce("audience-membership", user, consenting(user, "", 1))
			}
			w.await("both", func() bool { return cmp.Equal(w.emails("vip"), hashes("u1", "u2")) })
			w.produce("identify", "u1", []byte(`{"type":"delete","userId":"u1","timestamp":"1999-12-31T23:00:02Z"}`))
			w.await("the removal", func() bool { return cmp.Equal(w.emails("vip"), hashes("u2")) })
			time.Sleep(2 * time.Hour)

			user := fmt.Sprintf("%x", schema.NewUserKeyer([]byte(c.UserKeySecret.Reveal())).Key("u1"))
			want, steps := hashes("u1", "u2"), []string{"removed vip 1 0 0", "requested  0 1 1"}
			if scope == config.EraseAccount {
				want, steps = hashes("u2"), slices.Insert(steps, 0, "removed  1 0 0")
			}
			if got := w.emails("suppression"); !cmp.Equal(got, want) {
				t.Errorf("scope %s: the other team's audience holds %d rows, want %d", scope, len(got), len(want))
			}
			if got := w.audits(user); !cmp.Equal(got, steps) {
				t.Errorf("scope %s: audit %q", scope, got)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
			w.nothingReserved(scope == config.EraseAccount)
			if strings.Contains(log.String(), user) {
				t.Error("the log names the user")
			}
		})
	}
}

// nothingReserved fails if the last word under a key of no member is none but a tombstone,
// in what is kept between the stages and of Facebook. some: there must have been such keys.
func (w *world) nothingReserved(some bool) {
	w.t.Helper()
	cluster := w.cluster(w.config())
	defer cluster.Close()
	for _, topic := range []string{"muster.members", "muster.uploads"} {
		last := map[string]bool{} // it has a value
		for p := range w.partitions(topic) {
			start, end, err := cluster.Bounds(w.t.Context(), topic, p)
			if err != nil {
				w.t.Fatal(err)
			}
			for r, err := range cluster.Records(w.t.Context(), topic, p, start, end) {
				if err != nil {
					w.t.Fatal(err)
				}
				if schema.Reserved(r.Key) && !bytes.HasPrefix(r.Key, []byte("\x00muster-fence")) {
					last[fmt.Sprintf("%d %s", p, r.Key)] = r.Value != nil
				}
			}
		}
		if some == (len(last) == 0) {
			w.t.Errorf("%s had %d records of erasures in ad accounts", topic, len(last))
		}
		for _, kept := range last {
			if kept {
				w.t.Errorf("%s still holds rows of an erased user", topic)
			}
		}
	}
}
