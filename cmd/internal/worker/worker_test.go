package worker_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
)

func entered(user, audience, email string, in bool) []byte {
	return fmt.Appendf(nil, `{"type":"identify","userId":%q,"context":{"personas":{"computation_class":"audience","computation_key":%q}},"traits":{%q:%t,"email":%q}}`,
		user, audience, audience, in, email)
}

// Two replicas share the work; Facebook ends up with what the events say, and
// with what the configuration says of audiences.
func TestEventsBecomeAudiences(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic("identify", 2, kafka.ConfigEntry{ConfigName: "cleanup.policy", ConfigValue: "compact"})
		w.topic("audience-membership", 2)
		c := w.config()
		c.Audiences = map[string]config.Audience{"vip": {Name: "VIP customers"}, "internal": {Sync: config.SyncPaused}}
		first, stopFirst := w.run(c, &bytes.Buffer{})
		second, stopSecond := w.run(c, &bytes.Buffer{})

		w.produce("audience-membership", "u1", entered("u1", "vip", "jane@example.com", true))
		w.produce("audience-membership", "u2", entered("u2", "vip", "joe@example.com", true))
		w.produce("audience-membership", "u2", entered("u2", "other", "joe@example.com", true))
		w.produce("audience-membership", "u1", entered("u1", "internal", "jane@example.com", true))
		w.await("both audiences", func() bool {
			return cmp.Equal(w.lines(), map[string]int{"VIP customers": 2, "other": 1})
		})
		for _, replica := range []*worker.Worker{first, second} {
			w.await("readiness", func() bool { return replica.Status().State == worker.Ready })
		}

		// An exit, and an erasure by a key without value on the compacted source.
		w.produce("audience-membership", "u2", entered("u2", "vip", "joe@example.com", false))
		w.produce("identify", "u1", nil)
		w.await("the removals", func() bool {
			return cmp.Equal(w.lines(), map[string]int{"VIP customers": 0, "other": 1})
		})
		for _, stop := range []func() error{stopFirst, stopSecond} {
			if err := stop(); err != nil {
				t.Error(err)
			}
		}
	})
}

// A source that is not keyed by its users is said loudly, with the remedy, and
// holds up nothing else.
func TestNotKeyedIsBlocked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic("identify", 1)
		w.topic("audience-membership", 1)
		replica, stop := w.run(w.config(), &bytes.Buffer{})
		w.produce("identify", "somebody else", entered("u1", "a", "jane@example.com", true))
		w.await("the state", func() bool { return replica.Status().State == worker.Blocked })
		s := replica.Status()
		if !s.Serving() || !strings.Contains(s.String(), "source identify holds records that are not keyed by their user") {
			t.Errorf("got %s, serving %t", s, s.Serving())
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// What no waiting mends ends Run with the remedy.
func TestRunRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		prepare func(*world, *config.Config)
		want    []string
	}{
		{"missing source", func(w *world, _ *config.Config) { w.topic("identify", 1) },
			[]string{`"audience-membership" does not exist`, "create it"}},
		{"different counts", func(w *world, _ *config.Config) { w.topic("identify", 1); w.topic("audience-membership", 3) },
			[]string{"identify has 1, audience-membership has 3", "sources[].repartition: true"}},
		{"own topic with another count", func(w *world, _ *config.Config) {
			w.topic("identify", 1)
			w.topic("audience-membership", 1)
			w.topic("muster.members", 4)
		}, []string{`"muster.members" has 4 partitions, needs 1`, "topics.prefix"}},
		{"own topic missing and not to be made", func(w *world, c *config.Config) {
			w.topic("identify", 1)
			w.topic("audience-membership", 1)
			c.Topics.Create = false
		}, []string{`"muster.profiles" is missing`, "topics.create is false", "muster topics create --print"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				c := w.config()
				test.prepare(w, c)
				replica, err := worker.New(c, worker.Options{Dial: w.kafka.Dial, Transport: w.graph.RoundTripper()})
				if err != nil {
					t.Fatal(err)
				}
				err = replica.Run(t.Context())
				for _, want := range test.want {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("got %v, want %s", err, want)
					}
				}
			})
		})
	}
}

func TestNewRefusesMistakes(t *testing.T) {
	t.Parallel()
	_, err := worker.New(config.Defaults(), worker.Options{})
	if err == nil || !strings.Contains(err.Error(), "kafka.brokers") || !strings.Contains(err.Error(), "sources") {
		t.Errorf("got %v", err)
	}
}
