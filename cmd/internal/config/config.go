package config

import (
	"time"
)

// Config is everything that can be configured. The doc tags are the
// documentation: meaning, unit, legal range, what is not promised.
type Config struct {
	Kafka   Kafka    `yaml:"kafka"`
	Sources []Source `yaml:"sources" doc:"Topics of events. Required for the membership stage."`
	Topics  Topics   `yaml:"topics"`

	Group    string   `yaml:"group" doc:"Prefix of the consumer groups and transactional ids: each stage is the group <group>-<stage>. Two installations on one cluster need two groups and two topics.prefix."`
	Stages   []string `yaml:"stages" doc:"The stages this process runs: membership, with repartitioning where sources ask for it, uploader, or both."`
	StateDir string   `yaml:"state_dir" doc:"Directory of the local tables, one subdirectory a task. Losing it costs a restore from Kafka and nothing else; two processes must not share it."`

	UserKeySecret     Secret `yaml:"user_key_secret" doc:"Secret under which user ids become user keys (HMAC-SHA256), at least 16 bytes. The same for all replicas and for ever: with another one every user is a new user."`
	UserKeySecretFile string `yaml:"user_key_secret_file" doc:"File to read user_key_secret from; white space around it is dropped."`

	Facebook     Facebook `yaml:"facebook"`
	Installation string   `yaml:"installation" doc:"Name in the marker by which an installation finds again the Facebook audiences it made. Empty: the Kafka cluster's id and the group. Changing it makes new audiences."`

	Window         time.Duration `yaml:"window" doc:"How often the difference of an audience is sent, 100ms to 168h. Windows of different audiences are spread. A shorter window needs more requests than a small ad account is granted; it does not make Facebook's own matching faster."`
	FirstSyncQuiet time.Duration `yaml:"first_sync_quiet" doc:"A new audience is sent as soon as nothing has arrived for it for this long, 100ms to 168h, without waiting for its window."`
	ResendPeriod   time.Duration `yaml:"resend_period" doc:"How long one slow re-sending of every audience takes, 24h to 8760h; it heals what is linked only inside Facebook and uses spare request budget only. 0 turns it off."`

	OnDeleted       string   `yaml:"on_deleted" doc:"block: an audience that is gone from Facebook waits for somebody to act; recreate: it is made anew and sent whole, if Muster made it."`
	MaxRemovedShare int      `yaml:"max_removed_share" doc:"Guard against an upstream mistake that makes everybody leave: when more than this share of an audience of 1,000 rows or more, in percent, would be removed within one window, the audience is held until muster audience release. 100 turns it off."`
	Include         []string `yaml:"include" doc:"Patterns of the audience keys to synchronise, such as [vip_*, lapsed]; * stands for any text, ? for one letter. Empty: all."`
	Exclude         []string `yaml:"exclude" doc:"Patterns of audience keys that are left out, as with sync: paused; they win over include."`
	Spaces          []string `yaml:"spaces" doc:"Ids of Engage spaces (context.personas.space_id) that may use one audience key together. A key that two spaces use is blocked until both are listed here: their audiences would be mixed in one Facebook audience."`
	NewAudiences    string   `yaml:"new_audiences" doc:"create: an audience that Facebook does not have is made; hold: only after muster audience release."`
	MaxAudiences    int      `yaml:"max_audiences" doc:"Audiences an ad account may hold, of whomever, before no more are created, 1 to 10000. Facebook refuses the 501st customer list."`

	DefaultCountry string              `yaml:"default_country" doc:"ISO 3166-1 alpha-2 code of the region in which phone numbers and postal codes are read when the event itself names no country. Empty: such numbers need their country code."`
	DateOrder      string              `yaml:"date_order" doc:"How 03/04/1990 is read: mdy or dmy. Dates that can be read in one way only are read that way."`
	ExternID       ExternID            `yaml:"extern_id"`
	Anonymous      string              `yaml:"anonymous" doc:"accept: events with an anonymousId only count as the user anon:<id>; ignore: they are ignored and counted."`
	ExtraTraits    map[string][]string `yaml:"extra_traits" doc:"Further trait keys per Facebook key, read after the built-in ones, such as PHONE: [mobile, contact.phone]."`
	EnteredEvents  []string            `yaml:"entered_events" doc:"Names of track events that mean an entry when the event names no computation class."`
	ExitedEvents   []string            `yaml:"exited_events" doc:"Names of track events that mean an exit when the event names no computation class."`
	RequireConsent []string            `yaml:"require_consent" doc:"Consent categories that a user must have granted in context.consent.categoryPreferences to be in any Facebook audience. Empty: consent is not looked at."`
	Erase          Erase               `yaml:"erase"`
	ForgetAfter    time.Duration       `yaml:"forget_after" doc:"Users of whom no event was heard for so long, by the events' times, are forgotten and removed from all audiences, within about six hours; 24h to 87600h. That a user was erased is not forgotten. 0: never."`
	MaxValues      int                 `yaml:"max_values" doc:"Most emails, phones and mobile ids a user has rows for, 1 to 100 each."`
	MaxEventBytes  int                 `yaml:"max_event_bytes" doc:"Largest record that is decoded, in bytes, 1024 to 8388608; a larger one is a dead letter."`

	Audiences map[string]Audience `yaml:"audiences" doc:"What differs for one audience, by its key in the stream. Audiences need not be named here: each has its Facebook audience."`

	HTTP HTTP `yaml:"http"`
	Page Page `yaml:"page"`
	Log  Log  `yaml:"log"`

	Telemetry Telemetry `yaml:"telemetry"`

	origins origins
	dryOf   string // in a dry run: the real group
}

// ExternID says whether user ids go to Facebook.
type ExternID struct {
	Enabled bool `yaml:"enabled" doc:"Keep the raw user id and upload it as EXTERN_ID. It is the one identifier that is then stored unhashed."`
	Alone   bool `yaml:"alone" doc:"Upload a user who has nothing but an EXTERN_ID. Facebook matches those only when it has learned the id before."`
}

// HTTP is the endpoint for operators.
type HTTP struct {
	Listen string `yaml:"listen" doc:"host:port of /livez, /readyz and /metrics, or off. It has no authentication: 0.0.0.0 only inside a container or a private network."`
}

// Page is the status page.
type Page struct {
	Listen    string `yaml:"listen" doc:"host:port of the status page of all replicas, or off. It is read-only. Beyond loopback it needs a token, and speaks plain HTTP: put something in front of it that speaks TLS."`
	Token     Secret `yaml:"token" doc:"Token that the status page asks for, at least 16 bytes, as a bearer token or in its form. Empty: none is asked for, on loopback only."`
	TokenFile string `yaml:"token_file" doc:"File to read page.token from, once, at start; white space around it is dropped."`
}

// Log is the process's own log, on standard error.
type Log struct {
	Level  string `yaml:"level" doc:"Least level that is logged: debug, info, warn or error."`
	Format string `yaml:"format" doc:"text or json, one line an entry."`
}

// Telemetry says how metrics and spans name audiences. Where they go is said by the
// standard OTEL_… variables.
type Telemetry struct {
	MaxAudiences  int    `yaml:"max_audiences" doc:"Audiences that metrics tell apart, 1 to 10000. What is beyond is summed up as the audience other; of ages the highest counts."`
	AudienceLabel string `yaml:"audience_label" doc:"What metrics and spans name audiences by: key, or id where keys may say what not everybody may know: their Facebook ids, and unlinked for all that have none yet. Logs, topics and the status name the keys all the same."`
}

// The values of telemetry.audience_label.
const (
	LabelKey = "key"
	LabelID  = "id"
)

// Stage names.
const (
	StageMembership = "membership"
	StageUploader   = "uploader"
)

// stageRepartition and a source's topic name the stage in front of membership
// that reads the source. It runs where membership runs.
const stageRepartition = "repartition-"

// Runs reports whether this process runs the stage.
func (c *Config) Runs(stage string) bool {
	for _, s := range c.Stages {
		if s == stage {
			return true
		}
	}
	return false
}
