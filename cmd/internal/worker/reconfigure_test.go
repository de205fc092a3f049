package worker_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/cmd/internal/config"
	"muster/uploader/facebook/graphtest"
)

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// A changed configuration takes effect with a restart, and only rows that are
// different because of it are sent.
func TestReconfigure(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	tests := []struct {
		name   string
		change func(*config.Config)
		want   map[graphtest.Op]int // rows sent after it
	}{
		{"nothing", func(*config.Config) {}, nil},
		{"window", func(c *config.Config) { change(c, "named", func(a *config.Audience) { a.Window = 10 * time.Minute }) }, nil},
		{"name", func(c *config.Config) { change(c, "named", func(a *config.Audience) { a.Name = "Another" }) }, nil},
		{"description and source", func(c *config.Config) {
			c.Facebook.NameTemplate, c.Facebook.DescriptionTemplate = "New {{.Key}}", "of {{.Key}}"
			change(c, "named", func(a *config.Audience) { a.Description, a.CustomerFileSource = "Mine", "PARTNER_PROVIDED_ONLY" })
		}, nil},
		{"data processing", func(c *config.Config) {
			change(c, "named", func(a *config.Audience) { a.DataProcessing.Options = []string{"LDU"} })
		}, nil},
		{"no data processing", func(c *config.Config) {
			change(c, "named", func(a *config.Audience) { a.DataProcessing.Options = nil })
		}, nil},
		{"sending again", func(c *config.Config) {
			change(c, "named", func(a *config.Audience) { a.ResendPeriod, a.ResyncEvery = new(time.Duration), 24*time.Hour })
		}, nil},
		// Four of five have a first name in their rows.
		{"identifiers", func(c *config.Config) {
			change(c, "named", func(a *config.Audience) { a.Identifiers = []string{"EMAIL"} })
		}, map[graphtest.Op]int{graphtest.OpAdd: 4}},
		{"extern_id of one audience", func(c *config.Config) {
			c.ExternID.Enabled = true
			change(c, "named", func(a *config.Audience) { a.ExternID = &no })
			change(c, "other", func(a *config.Audience) { a.ExternID = &no })
		}, nil},
		{"and of the other", func(c *config.Config) {
			change(c, "other", func(a *config.Audience) { a.ExternID = &yes })
		}, map[graphtest.Op]int{graphtest.OpAdd: 5}},
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic("identify", 2)
		w.topic("audience-membership", 2)
		c := w.quietConfig()
		c.Audiences = map[string]config.Audience{"named": {Name: "Named"}}
		for i := range 5 {
			user := fmt.Sprintf("u%d", i)
			if i > 0 {
				w.produce("identify", user, fmt.Appendf(nil, `{"type":"identify","userId":%q,"traits":{"first_name":"Jane"}}`, user))
			}
			w.produce("audience-membership", user, entered(user, "named", user+"@example.com", true))
			w.produce("audience-membership", user, entered(user, "other", user+"@example.com", true))
		}
		w.runDry(c)
		for _, test := range tests {
			sent := len(w.graph.Journal())
			next := *c
			next.Audiences = maps.Clone(c.Audiences)
			c = &next
			test.change(c)
			w.runDry(c)
			if test.name == "and of the other" {
				w.rewind(c, config.StageMembership) // user ids were not kept before
				w.runDry(c)
			}
			if got := w.rowsSent(sent); !maps.Equal(got, test.want) {
				t.Errorf("%s: sent %v, want %v", test.name, got, test.want)
			}
		}
		for _, a := range w.graph.Audiences() {
			emails := 0
			for _, k := range a.Keys() {
				if strings.HasPrefix(k, "EMAIL=") {
					emails++
				}
			}
			if a.Name != "Named" && a.Name != "other" || emails != 5 {
				t.Errorf("audience %q reaches %d emails", a.Name, emails)
			}
		}
		for _, v := range w.graph.Violations() {
			t.Error(v)
		}
	})
}

func change(c *config.Config, audience string, f func(*config.Audience)) {
	a := c.Audiences[audience]
	f(&a)
	c.Audiences[audience] = a
}
