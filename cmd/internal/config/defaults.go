package config

import "time"

// The values of new_audiences.
const (
	NewAudiencesCreate = "create"
	NewAudiencesHold   = "hold"
)

// The values of on_deleted.
const (
	OnDeletedBlock    = "block"
	OnDeletedRecreate = "recreate"
)

// The values of audiences.*.sync.
const (
	SyncMirror  = "mirror"
	SyncAddOnly = "add_only"
	SyncPaused  = "paused"
)

// The values of erase.scope.
const (
	EraseAudiences = "audiences"
	EraseAccount   = "account"
)

// Off is the value that turns a listener off.
const Off = "off"

// Defaults returns the configuration that is changed by file, environment and
// flags. What has no default and is needed is said by Validate.
func Defaults() *Config {
	return &Config{
		Kafka: Kafka{
			ClientID:          "muster",
			RequestTimeout:    10 * time.Second,
			SessionTimeout:    30 * time.Second,
			HeartbeatInterval: 3 * time.Second,
			RebalanceTimeout:  30 * time.Second,
		},
		Topics:   Topics{Prefix: "muster.", Create: true, AuditRetention: 365 * 24 * time.Hour},
		Group:    "muster",
		Stages:   []string{StageMembership, StageUploader},
		StateDir: "muster-state",
		Facebook: Facebook{
			BaseURL:            "https://graph.facebook.com",
			LoginURL:           "https://www.facebook.com",
			APIVersion:         "v26.0",
			AppSecretProof:     "plain",
			CustomerFileSource: fileSources[0],
			NameTemplate:       "{{.Name}}",
			RequestTimeout:     60 * time.Second,
			ReadInterval:       6 * time.Hour,
		},
		Window:         time.Hour,
		FirstSyncQuiet: time.Minute,
		ResendPeriod:   30 * 24 * time.Hour,

		OnDeleted:       OnDeletedBlock,
		MaxRemovedShare: 50,
		NewAudiences:    NewAudiencesCreate,
		MaxAudiences:    450,

		DateOrder:     "mdy",
		Anonymous:     "accept",
		EnteredEvents: []string{"Audience Entered"},
		ExitedEvents:  []string{"Audience Exited"},
		Erase:         Erase{Scope: EraseAudiences, OverdueAfter: 72 * time.Hour},
		MaxValues:     10,
		MaxEventBytes: 1 << 20,
		HTTP:          HTTP{Listen: "127.0.0.1:8080"},
		Page:          Page{Listen: "127.0.0.1:8081"},
		Log:           Log{Level: "info", Format: "text"},
		Telemetry:     Telemetry{MaxAudiences: 200, AudienceLabel: LabelKey},
	}
}
