package worker_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/schema"
)

// consenting is an entry at a second of the hour with a word on consent to ads;
// "" = none.
func consenting(user, consent string, second int) []byte {
	if consent != "" {
		consent = fmt.Sprintf(`,"consent":{"categoryPreferences":{"ads":%s}}`, consent)
	}
	return fmt.Appendf(nil, `{"type":"identify","userId":%q,"timestamp":"1999-12-31T23:00:%02dZ","context":{"personas":{"computation_class":"audience","computation_key":"vip"}%s},"traits":{"vip":true,"email":"%s@example.com"}}`,
		user, second, consent, user)
}

// Where consent is required, Facebook holds those alone whose last word was yes:
// whoever withdraws it is removed, and a late yes from before does not bring them
// back.
func TestConsent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic("identify", 1)
		w.topic("audience-membership", 1)
		c := w.config()
		c.RequireConsent = []string{"ads"}
		_, stop := w.run(c, &bytes.Buffer{})
		say := func(user, consent string, second int) {
			w.produce("audience-membership", user, consenting(user, consent, second))
		}
		held := func(what string, want ...string) {
			t.Helper()
			w.await(what, func() bool { return cmp.Equal(w.emails("vip"), hashes(want...)) })
		}
		say("asked", "true", 1)
		say("refuses", "false", 1)
		say("silent", "", 1)
		say("withdraws", "true", 1)
		held("those who agreed", "asked", "withdraws")

		say("withdraws", "false", 9)
		held("a withdrawal", "asked")

		say("withdraws", "true", 5) // late
		say("silent", `"yes"`, 9)   // is no yes
		say("refuses", "true", 9)   // is one, and proves that the others were read
		held("what came late", "asked", "refuses")

		say("withdraws", "true", 10)
		held("a new consent", "asked", "refuses", "withdraws")
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// An erasure is told to the topic of audits when it is applied and when Facebook
// has removed the rows; a replay of all events writes nothing new.
func TestAuditOfAnErasure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic("identify", 1)
		w.topic("audience-membership", 1)
		c := w.config()
		c.Erase.Suppress = true
		_, stop := w.run(c, &bytes.Buffer{})
		for _, user := range []string{"u1", "u2"} {
			w.produce("audience-membership", user, consenting(user, "", 1))
		}
		w.await("both", func() bool { return cmp.Equal(w.emails("vip"), hashes("u1", "u2")) })
		w.produce("identify", "u1", []byte(`{"type":"delete","userId":"u1","timestamp":"1999-12-31T23:00:02Z"}`))
		w.await("the removal", func() bool { return cmp.Equal(w.emails("vip"), hashes("u2")) })
		user := fmt.Sprintf("%x", schema.NewUserKeyer([]byte(c.UserKeySecret.Reveal())).Key("u1"))
		want := []string{"removed vip 1 0 0", "requested  0 1 1"}
		steps := func() []string { return w.audits(user) }
		w.await("the audit", func() bool { return cmp.Equal(steps(), want) })

		// What is said later of the user is refused.
		w.produce("audience-membership", "u1", consenting("u1", "", 9))
		w.produce("audience-membership", "u3", consenting("u3", "", 9))
		w.await("the next user", func() bool { return cmp.Equal(w.emails("vip"), hashes("u2", "u3")) })
		if err := stop(); err != nil {
			t.Error(err)
		}

		c.Group = "again" // reads everything from the beginning
		_, stop = w.run(c, &bytes.Buffer{})
		w.produce("audience-membership", "u4", consenting("u4", "", 9))
		w.await("the last event", func() bool { return slices.Contains(w.emails("vip"), hashes("u4")[0]) })
		time.Sleep(time.Hour)
		if got := steps(); !cmp.Equal(got, want) {
			t.Errorf("audit after a replay: %q", got)
		}
		if got := w.emails("vip"); !cmp.Equal(got, hashes("u2", "u3", "u4")) {
			t.Errorf("facebook holds %d rows", len(got))
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// emails are the hashed emails of an audience at Facebook, sorted.
func (w *world) emails(name string) []string {
	var all []string
	for _, a := range w.graph.Audiences() {
		if a.Name == name && !a.Deleted {
			for _, r := range a.Rows() {
				all = append(all, r["EMAIL"])
			}
		}
	}
	slices.Sort(all)
	return all
}

// hashes of the emails of users, sorted.
func hashes(users ...string) []string {
	var all []string
	for _, user := range users {
		h := sha256.Sum256([]byte(user + "@example.com"))
		all = append(all, fmt.Sprintf("%x", h[:]))
	}
	slices.Sort(all)
	return all
}

// audits are the steps of one user in the topic of audits, as "step audience rows
// values audiences", sorted.
func (w *world) audits(user string) []string {
	w.t.Helper()
	cluster := w.cluster(w.config())
	defer cluster.Close()
	var all []string
	_, end, err := cluster.Bounds(w.t.Context(), "muster.audit", 0)
	if err != nil {
		w.t.Fatal(err)
	}
	for r, err := range cluster.Records(w.t.Context(), "muster.audit", 0, 0, end) {
		if err != nil {
			w.t.Fatal(err)
		}
		var a schema.Audit
		if err := json.Unmarshal(r.Value, &a); err != nil {
			w.t.Fatal(err)
		}
		if a.User == user {
			all = append(all, fmt.Sprintf("%s %s %d %d %d", a.Step, a.Audience, a.Rows, a.Values, a.Audiences))
		}
	}
	slices.Sort(all)
	return all
}
