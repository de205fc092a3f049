package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/text/language"
)

const (
	minWindow = 100 * time.Millisecond
	maxWindow = 168 * time.Hour
	minResend = 24 * time.Hour
	maxResend = 8760 * time.Hour
	minSecret = 16
)

// Validate returns every mistake, joined, each a *[Problem]; nil if the worker
// can be started. It looks whether named files can be opened and does no other
// I/O.
func (c *Config) Validate() error {
	p := &problems{origins: c.origins}
	c.Kafka.check(p)
	c.checkSources(p)
	c.Topics.check(p)
	c.checkProcess(p)
	c.Facebook.check(p, c.Runs(StageUploader))
	p.duration("window", c.Window, minWindow, maxWindow)
	p.duration("first_sync_quiet", c.FirstSyncQuiet, minWindow, maxWindow)
	if c.ResendPeriod != 0 {
		p.duration("resend_period", c.ResendPeriod, minResend, maxResend)
	}
	p.patterns("include", c.Include)
	p.patterns("exclude", c.Exclude)
	p.oneOf("on_deleted", c.OnDeleted, OnDeletedBlock, OnDeletedRecreate)
	p.number("max_removed_share", c.MaxRemovedShare, 1, 100)
	p.oneOf("new_audiences", c.NewAudiences, NewAudiencesCreate, NewAudiencesHold)
	p.number("max_audiences", c.MaxAudiences, 1, 10_000)
	c.Erase.check(p)
	if c.ForgetAfter != 0 {
		p.duration("forget_after", c.ForgetAfter, 24*time.Hour, 87600*time.Hour)
	}
	c.checkEvents(p)
	c.checkTraits(p)
	c.checkAudiences(p)
	c.checkListeners(p)
	p.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	p.oneOf("log.format", c.Log.Format, "text", "json")
	p.number("telemetry.max_audiences", c.Telemetry.MaxAudiences, 1, 10_000)
	p.oneOf("telemetry.audience_label", c.Telemetry.AudienceLabel, LabelKey, LabelID)
	return errors.Join(p.list...)
}

// ValidateEvents checks only what reading events needs, for commands that work
// without a broker.
func (c *Config) ValidateEvents() error {
	p := &problems{origins: c.origins}
	c.checkEvents(p)
	c.checkTraits(p)
	return errors.Join(p.list...)
}

// ValidateFacebook checks only the form of what calls to Facebook need; whether
// there is a token is said by the call.
func (c *Config) ValidateFacebook() error {
	p := &problems{origins: c.origins}
	c.Facebook.check(p, false)
	return errors.Join(p.list...)
}

// ValidateKafka checks only what talking to the cluster about topics needs.
func (c *Config) ValidateKafka() error {
	p := &problems{origins: c.origins}
	c.Kafka.check(p)
	c.checkSources(p)
	c.Topics.check(p)
	return errors.Join(p.list...)
}

func (c *Config) checkProcess(p *problems) {
	if !topicName.MatchString(c.Group) {
		p.add("group", c.Group, "1 to 249 of a-z A-Z 0-9 . _ -", "choose a name such as muster")
	}
	if len(c.Stages) == 0 {
		p.add("stages", "", "membership, uploader or both", "remove the key to run both")
	}
	seen := map[string]bool{}
	for i, s := range c.Stages {
		p.oneOf(index("stages", i), s, StageMembership, StageUploader)
		if seen[s] {
			p.add(index("stages", i), s, "each stage once", "remove one of the two")
		}
		seen[s] = true
	}
	if c.StateDir == "" {
		p.add("state_dir", "", "a directory", "name one on a local disk")
	}
	switch {
	case c.UserKeySecret == "" && c.UserKeySecretFile == "":
		p.add("user_key_secret_file", "", fmt.Sprintf("a file with at least %d bytes", minSecret),
			"make one with: openssl rand -hex 32 > user_key_secret; or set MUSTER_USER_KEY_SECRET")
	case c.UserKeySecret != "" && len(c.UserKeySecret) < minSecret:
		p.add("user_key_secret", c.UserKeySecret, fmt.Sprintf("at least %d bytes", minSecret), "make one with: openssl rand -hex 32")
	}
	if len(c.Installation) > 100 || strings.ContainsFunc(c.Installation, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		p.add("installation", c.Installation, "up to 100 printable ASCII characters without blanks", "choose a name such as prod-eu")
	}
}

func (c *Config) checkEvents(p *problems) {
	if c.DefaultCountry != "" && !isCountry(c.DefaultCountry) {
		p.add("default_country", c.DefaultCountry, "an ISO 3166-1 alpha-2 code", "use a code such as US, GB or DE")
	}
	p.oneOf("date_order", c.DateOrder, "mdy", "dmy")
	p.oneOf("anonymous", c.Anonymous, "accept", "ignore")
	p.number("max_values", c.MaxValues, 1, 100)
	p.number("max_event_bytes", c.MaxEventBytes, 1<<10, 8<<20)
	if c.ExternID.Alone && !c.ExternID.Enabled {
		p.add("extern_id.alone", true, "false while extern_id.enabled is false", "set extern_id.enabled: true, or remove the key")
	}
	for _, list := range []struct {
		key    string
		values []string
	}{
		{"entered_events", c.EnteredEvents}, {"exited_events", c.ExitedEvents}, {"require_consent", c.RequireConsent},
		{"spaces", c.Spaces},
	} {
		for i, v := range list.values {
			if strings.TrimSpace(v) == "" {
				p.add(index(list.key, i), v, "a name", "remove the empty entry")
			}
		}
	}
	entered := map[string]bool{}
	for _, e := range c.EnteredEvents {
		entered[e] = true
	}
	for i, e := range c.ExitedEvents {
		if entered[e] {
			p.add(index("exited_events", i), e, "a name that is not in entered_events too", "an event cannot mean both; remove one")
		}
	}
}

// isCountry knows the codes of ISO 3166-1 by the CLDR data, without regions
// such as 001 and without withdrawn codes.
func isCountry(code string) bool {
	region, err := language.ParseRegion(code)
	return err == nil && len(code) == 2 && region.IsCountry() && region.Canonicalize() == region
}

func (c *Config) checkListeners(p *problems) {
	if c.HTTP.Listen != Off && !hostPort(c.HTTP.Listen, 0) {
		p.add("http.listen", c.HTTP.Listen, "host:port, or off", "use 127.0.0.1:8080, or 0.0.0.0:8080 inside a container")
	}
	c.Page.check(p, c.HTTP.Listen)
}

func (g *Page) check(p *problems, other string) {
	if g.Token != "" && len(g.Token) < minSecret {
		p.add("page.token", g.Token, fmt.Sprintf("at least %d bytes", minSecret), "make one with: openssl rand -hex 32")
	}
	switch guarded := g.Token != "" || g.TokenFile != ""; {
	case g.Listen == Off:
	case !hostPort(g.Listen, 0):
		p.add("page.listen", g.Listen, "host:port, or off", "use 127.0.0.1:8081 and reach it through a tunnel")
	case !isLoopback(g.Listen) && !guarded:
		p.add("page.listen", g.Listen, "a loopback host:port while there is no page.token_file",
			"use 127.0.0.1:8081 and reach it through a tunnel, or have it ask for a token: openssl rand -hex 32 > page_token, and page.token_file: page_token")
	case g.Listen == other && !strings.HasSuffix(g.Listen, ":0"):
		p.add("page.listen", g.Listen, "another address than http.listen", "change the port of one of the two")
	}
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}
