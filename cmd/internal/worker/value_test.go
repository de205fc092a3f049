package worker_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"muster/cmd/internal/config"
)

// values is what an audience holds of each of a few users, by email: the value,
// "-" where the row has none.
func (w *world) values(audience string, users ...string) string {
	w.t.Helper()
	hashes := map[string]string{}
	for _, u := range users {
		hashes[hashOf(u+"@example.com")] = u
	}
	var held []string
	for _, r := range w.rows()[audience] {
		held = append(held, hashes[r["EMAIL"]]+"="+cmp.Or(r["LOOKALIKE_VALUE"], "-"))
	}
	slices.Sort(held)
	return strings.Join(held, " ")
}

// Value-based audiences have the values of their own traits, others none. A trait
// that is named later has the values said since, and a replay brings the earlier
// ones. Nobody is removed for a value.
func TestValueTraits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic("identify", 2)
		w.topic("audience-membership", 2)
		c := w.quietConfig()
		c.Audiences = map[string]config.Audience{"buyers": {ValueTrait: "lifetime_value"}}
		for _, u := range []string{"u1", "u2"} {
			for _, audience := range []string{"buyers", "plain"} {
				w.produce("audience-membership", u, entered(u, audience, u+"@example.com", true))
			}
			w.produce("identify", u, fmt.Appendf(nil, `{"type":"identify","userId":%q,"traits":{"shop":{"margin":%d}}}`, u, len(u)))
		}
		computed := func(u string, value float64) {
			w.produce("identify", u, fmt.Appendf(nil, `{"type":"identify","userId":%q,"context":{"personas":{"computation_class":"computed_trait","computation_key":"lifetime_value"}},"traits":{"lifetime_value":%g}}`, u, value))
		}
		computed("u1", 44.5)
		check := func(when, buyers string) {
			t.Helper()
			w.runDry(c)
			if got := w.values("buyers", "u1", "u2"); got != buyers {
				t.Errorf("%s: buyers %s, want %s", when, got, buyers)
			}
			if got := w.values("plain", "u1", "u2"); got != "u1=- u2=-" {
				t.Errorf("%s: the plain audience has %s", when, got)
			}
			for _, v := range w.graph.Violations() {
				t.Errorf("%s: %v", when, v)
			}
		}
		check("at first", "u1=44.5 u2=0")
		computed("u1", 140)
		computed("u2", -3)
		check("with other values", "u1=140 u2=0")
		if sent := w.rowsSent(0); sent["remove"] > 0 {
			t.Errorf("sent %v", sent)
		}

		c.Audiences = map[string]config.Audience{"buyers": {ValueTrait: "shop.margin"}}
		check("of another trait", "u1=0 u2=0")
		w.rewind(c, config.StageMembership)
		check("after a replay", "u1=2 u2=2")
		if sent := w.rowsSent(0); sent["remove"] > 0 {
			t.Errorf("sent %v", sent)
		}
	})
}
