package membership

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"muster/schema"
)

// MaxProfileBytes is how large a profile grows, unless configured otherwise:
// half of what a changelog record may have.
const MaxProfileBytes = 4 << 20

// Options configure the stage. The zero value of a field is its default where
// none is named as needed.
type Options struct {
	// Decoder says how records are read. UserKeySecret is needed. Normaliser,
	// ConsentCategories, MaxValues, ValueTraits and Partitions are filled in by the
	// stage, from the options below and from the task.
	Decoder schema.DecoderOptions
	// Normaliser says how identifiers are read.
	Normaliser schema.NormaliserOptions

	// Repartitioned has the stage read what package repartition writes instead of
	// the sources: events decoded there, by the same options, and keyed by user.
	Repartitioned bool

	// MembersTopic is where member row sets go. Needed.
	MembersTopic string
	// MembersPartitions is the number of its partitions. Needed; it must be the
	// same for every replica, always: it says which task holds an audience.
	MembersPartitions int

	// Keys are the identifiers to be uploaded. Default schema.DefaultKeys.
	Keys schema.KeySet
	// Existing are audiences of which Facebook may hold people whom Muster did not send:
	// who leaves one is emitted with rows, so that they can be removed all the same. Those
	// for which an event names a Facebook audience are among them by themselves.
	Existing []string
	// AudienceKeys are those of audiences that have their own choice.
	AudienceKeys map[string]schema.KeySet
	// ValueTraits are the traits that give LOOKALIKE_VALUE, by audience: those
	// audiences are value-based. The decoder reads them.
	ValueTraits map[string]string
	// RequireConsent names the consent categories that a user must have granted,
	// all of them, to be in any audience. None = consent is not asked for.
	RequireConsent []string
	// ExternIDAlone sends users of whom nothing but EXTERN_ID is known.
	ExternIDAlone bool
	// MaxValues is how many values of one many-valued key each source keeps and
	// how many the rows of one user use. Default schema.MaxValues.
	MaxValues int
	// Suppress has later events of an erased user refused, instead of building a new
	// profile.
	Suppress bool
	// EraseAccounts has the uploader told of each erasure with the user's rows, so that it
	// removes the person from all audiences of its ad accounts, other people's too.
	EraseAccounts bool
	// ForgetAfter has users forgotten of whom nothing was heard for so long, by the
	// time of their events; 0 = never.
	ForgetAfter time.Duration
	// AuditTopic takes a record of each erasure, in the task's partition, under the
	// name of this Installation; "" = none is written.
	AuditTopic, Installation string
	// MaxProfileBytes is the size beyond which a profile refuses to grow. Default
	// MaxProfileBytes; the changelog must take records of this size.
	MaxProfileBytes int

	// Meter makes the stage's instruments; nil = none. See telemetry.go.
	Meter metric.Meter
	// Logger takes what a person must act on. Default slog.Default.
	Logger *slog.Logger
	// Health, if set, is told of sources that cannot be used as they are.
	Health *Health
}

// complete fills in defaults and returns every problem there is.
func (o *Options) complete() error {
	var errs []error
	if o.MembersTopic == "" {
		errs = append(errs, errors.New("MembersTopic: empty, want a topic"))
	}
	if o.MembersPartitions <= 0 {
		errs = append(errs, fmt.Errorf("MembersPartitions: %d, want at least 1", o.MembersPartitions))
	}
	if o.MaxValues < 0 {
		errs = append(errs, fmt.Errorf("MaxValues: %d, want at least 1 (0 = %d)", o.MaxValues, schema.MaxValues))
	}
	if o.MaxProfileBytes < 0 {
		errs = append(errs, fmt.Errorf("MaxProfileBytes: %d, want at least 1 (0 = %d)", o.MaxProfileBytes, MaxProfileBytes))
	}
	if o.ForgetAfter < 0 {
		errs = append(errs, fmt.Errorf("ForgetAfter: %s, want more than 0 (0 = never)", o.ForgetAfter))
	}
	if slices.Contains(o.RequireConsent, "") {
		errs = append(errs, errors.New("RequireConsent: an empty category"))
	}
	if o.Keys == 0 {
		o.Keys = schema.DefaultKeys
	}
	if !o.Decoder.ExternID {
		if o.Keys.Has(schema.ExternID) {
			errs = append(errs, errors.New("option Keys: EXTERN_ID is chosen but Decoder.ExternID is off"))
		}
		for audience, keys := range o.AudienceKeys {
			if keys.Has(schema.ExternID) {
				errs = append(errs, fmt.Errorf("AudienceKeys[%s]: EXTERN_ID is chosen but Decoder.ExternID is off", audience))
			}
		}
	}
	for audience, trait := range o.ValueTraits {
		if trait == "" {
			errs = append(errs, fmt.Errorf("ValueTraits[%s]: empty, want a trait", audience))
		}
	}
	n, err := schema.NewNormaliser(o.Normaliser)
	errs = append(errs, err)
	if o.MaxValues == 0 {
		o.MaxValues = schema.MaxValues
	}
	if o.MaxProfileBytes == 0 {
		o.MaxProfileBytes = MaxProfileBytes
	}
	if o.Meter == nil {
		o.Meter = noop.Meter{}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Health == nil {
		o.Health = &Health{}
	}
	o.Decoder.Normaliser = n
	o.Decoder.ConsentCategories = o.RequireConsent
	o.Decoder.MaxValues = o.MaxValues
	o.Decoder.ValueTraits = slices.Compact(slices.Sorted(maps.Values(o.ValueTraits)))
	return errors.Join(errs...)
}

func (o *Options) rules() rules {
	return rules{
		keys: o.Keys, existing: o.Existing, audienceKeys: o.AudienceKeys, values: o.ValueTraits,
		categories: o.RequireConsent,
		maxValues:  o.MaxValues, externIDAlone: o.ExternIDAlone,
	}
}
