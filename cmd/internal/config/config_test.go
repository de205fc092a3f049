package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/cmd/internal/config"
)

// good is a configuration without mistakes; cases add to it.
const good = `kafka: {brokers: ["kafka:9092"]}
sources: [{topic: identify}, {topic: audience-membership}]
user_key_secret: 0123456789abcdef0123456789abcdef
facebook: {ad_account: act_1, access_token: token-of-the-test}
`

// load reads text from a file called muster.yaml.
func load(t *testing.T, text string, in config.Input) (*config.Config, error) {
	t.Helper()
	in.File = filepath.Join(t.TempDir(), "muster.yaml")
	if err := os.WriteFile(in.File, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(in)
	return c, relative{errors.Join(err, c.Validate()), filepath.Dir(in.File)}.orNil()
}

// relative makes messages the same on every run.
type relative struct {
	error
	dir string
}

func (r relative) orNil() error {
	if r.error == nil {
		return nil
	}
	return errors.New(strings.ReplaceAll(r.Error(), r.dir+string(filepath.Separator), ""))
}

func TestGood(t *testing.T) {
	t.Parallel()
	c, err := load(t, good, config.Input{})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Defaults()
	want.Kafka.Brokers = []string{"kafka:9092"}
	want.Sources = []config.Source{{Topic: "identify"}, {Topic: "audience-membership"}}
	want.UserKeySecret = "0123456789abcdef0123456789abcdef"
	want.Facebook.AdAccount, want.Facebook.AccessToken = "act_1", "token-of-the-test"
	if diff := cmp.Diff(want, c, cmpopts.IgnoreUnexported(config.Config{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Every kind of value, anchors and block scalars included, arrives.
func TestValues(t *testing.T) {
	t.Parallel()
	c, err := load(t, `
kafka:
  brokers: [a:1, "b:2"]
  tls: {enabled: true}
  session_timeout: 45s
sources:
  - {topic: identify, start: 2026-11-20T10:00:00Z, tombstone: erase, audience: all}
user_key_secret: |
  0123456789abcdef0123456789abcdef
facebook: {ad_account: 23848494844100489, access_token: x}
stages: uploader
window: &w 15m
max_event_bytes: 2_000_000
extra_traits: {PHONE: [mobile, contact.phone]}
extern_id: {enabled: true}
audiences:
  vip: {name: "VIP: all", facebook_id: 23848494844100489, identifiers: [EMAIL, EXTERN_ID], window: *w}
  gone.for.now: {sync: paused}
  plain:
  seed: {value_trait: lifetime_value, extern_id: false, resend_period: 0, resync_every: 168h}
`, config.Input{})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Defaults()
	want.Kafka.Brokers = []string{"a:1", "b:2"}
	want.Kafka.TLS.Enabled = true
	want.Kafka.SessionTimeout = 45 * time.Second
	want.Sources = []config.Source{{Topic: "identify", Start: "2026-11-20T10:00:00Z", Tombstone: "erase", Audience: "all"}}
	want.UserKeySecret = "0123456789abcdef0123456789abcdef\n"
	want.Facebook.AdAccount, want.Facebook.AccessToken = "23848494844100489", "x"
	want.Stages = []string{"uploader"}
	want.Window = 15 * time.Minute
	want.MaxEventBytes = 2_000_000
	want.ExtraTraits = map[string][]string{"PHONE": {"mobile", "contact.phone"}}
	want.ExternID.Enabled = true
	want.Audiences = map[string]config.Audience{
		"vip":          {Name: "VIP: all", FacebookID: "23848494844100489", Identifiers: []string{"EMAIL", "EXTERN_ID"}, Window: 15 * time.Minute},
		"gone.for.now": {Sync: "paused"},
		"plain":        {},
		"seed":         {ValueTrait: "lifetime_value", ExternID: new(bool), ResendPeriod: new(time.Duration), ResyncEvery: 168 * time.Hour},
	}
	if diff := cmp.Diff(want, c, cmpopts.IgnoreUnexported(config.Config{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got, want := c.Sources[0].StartTime(), time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("start %s, want %s", got, want)
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	c, err := load(t, good+"window: 30m\ngroup: of-file\nlog: {level: warn}\naudiences: {a: {name: A}}\n", config.Input{
		Environ: []string{
			"MUSTER_WINDOW=20m", "MUSTER_GROUP=of-env", "MUSTER_KAFKA_BROKERS=x:1, y:2",
			`MUSTER_SOURCES=[{topic: other, tombstone: ignore}]`, `MUSTER_AUDIENCES={b: {name: B}}`,
			"MUSTER_CONFIG=elsewhere.yaml", "MUSTER_DATE_ORDER=", "OTHER=1",
			"MUSTER_SERVICE_HOST=10.0.0.1", "MUSTER_PORT=tcp://10.0.0.1:80", "MUSTER_PORT_80_TCP_ADDR=10.0.0.1", "MUSTER_WEB_SERVICE_PORT_HTTP=80",
		},
		Set: []config.Setting{{Flag: "--set", Key: "window", Value: "10m"}, {Flag: "--stages", Key: "stages", Value: "uploader"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Defaults()
	want.Kafka.Brokers = []string{"x:1", "y:2"}
	want.Sources = []config.Source{{Topic: "other", Tombstone: "ignore"}}
	want.UserKeySecret = "0123456789abcdef0123456789abcdef"
	want.Facebook.AdAccount, want.Facebook.AccessToken = "act_1", "token-of-the-test"
	want.Window, want.Group, want.Log.Level = 10*time.Minute, "of-env", "warn"
	want.Stages = []string{"uploader"}
	want.Audiences = map[string]config.Audience{"b": {Name: "B"}}
	if diff := cmp.Diff(want, c, cmpopts.IgnoreUnexported(config.Config{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestParseSet(t *testing.T) {
	t.Parallel()
	s, err := config.ParseSet("installation=a=b")
	if want := (config.Setting{Flag: "--set", Key: "installation", Value: "a=b"}); err != nil || s != want {
		t.Errorf("got %+v, %v, want %+v", s, err, want)
	}
	for _, bad := range []string{"window", "=1h"} {
		if _, err := config.ParseSet(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestNoFile(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Input{File: filepath.Join(t.TempDir(), "none.yaml")})
	if err == nil || !strings.Contains(err.Error(), "--config") || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestExampleFile(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Input{File: "../../../muster.example.yaml", Environ: []string{
		"MUSTER_USER_KEY_SECRET=0123456789abcdef", "MUSTER_FACEBOOK_ACCESS_TOKEN=x",
	}})
	if err := errors.Join(err, c.Validate()); err != nil {
		t.Error(err)
	}
}
