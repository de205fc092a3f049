package schema

import (
	"errors"
	"fmt"
	"slices"
)

// MaxEventBytes is the largest value of a record that is looked at, in bytes,
// unless configured otherwise.
const MaxEventBytes = 1 << 20

// Anonymous says what becomes of events that name no userId, only an anonymousId.
type Anonymous uint8

// The ways to treat anonymous users.
const (
	AnonymousAccept Anonymous = iota // users of their own, "anon:<id>"
	AnonymousIgnore                  // ignored and counted by type; erasures are still honoured
)

// SourceOptions are the settings of one input topic.
type SourceOptions struct {
	// Audience is the audience of events that name none themselves: reverse-ETL
	// tracks (new, updated, deleted), RudderStack records without an audience
	// of their own and audience lists. "" = such events claim no membership.
	Audience string
	// TombstoneErases takes a key without a value as the user's erasure.
	TombstoneErases bool
}

// DecoderOptions configure a Decoder. The zero value of a field is its default;
// UserKeySecret and Normaliser have none.
type DecoderOptions struct {
	// UserKeySecret keys the HMAC that turns user ids into user keys (I8).
	UserKeySecret []byte
	Normaliser    *Normaliser
	// ExternID keeps the user id in events for EXTERN_ID. Default off.
	ExternID  bool
	Anonymous Anonymous
	// MaxEventBytes bounds a record's value; beyond it is too_large, unread.
	MaxEventBytes int
	// MaxValues bounds the values of one many-valued key from one source of one
	// event; the highest by bytes stay, as in the profile.
	MaxValues int
	// ExtraTraits are trait keys read after the built-in ones, dotted = nested.
	// EXTERN_ID and LOOKALIKE_VALUE cannot be filled from them.
	ExtraTraits map[Key][]string
	// ValueTraits are the traits, each once, whose numbers value-based audiences
	// give as LOOKALIKE_VALUE; dotted = nested.
	ValueTraits []string
	// ExternalAudiences takes context.personas.external_audience_id, digits, for the
	// existing Facebook audience of the event's audience: the one that Segment's own
	// destination made. Default off.
	ExternalAudiences bool
	// EnteredEvents and ExitedEvents are the names of track events that say
	// membership by their name where the computation class does not. Defaults
	// "Audience Entered" and "Audience Exited".
	EnteredEvents, ExitedEvents []string
	// ConsentCategories are the categories to read from context.consent. None =
	// consent is not read.
	ConsentCategories []string
	// Sources by topic; a topic that is not in it has the zero SourceOptions.
	Sources map[string]SourceOptions
	// AnyKey takes records under any key or none, for a caller that shares their
	// events out by user itself: a batch may then be of several users.
	AnyKey bool
	// Partitions of the sources. Rows without a user (RudderStack records and
	// lists) are taken under any record key when there is just one.
	Partitions int
}

// complete fills in defaults and returns every problem there is.
func (o *DecoderOptions) complete() error {
	var errs []error
	if len(o.UserKeySecret) == 0 {
		errs = append(errs, errors.New("UserKeySecret: empty, want a secret"))
	}
	if o.Normaliser == nil {
		errs = append(errs, errors.New("Normaliser: nil, want a Normaliser"))
	}
	if o.MaxEventBytes < 0 {
		errs = append(errs, fmt.Errorf("MaxEventBytes: %d, want at least 1 (0 = %d)", o.MaxEventBytes, MaxEventBytes))
	}
	if o.MaxValues < 0 {
		errs = append(errs, fmt.Errorf("MaxValues: %d, want at least 1 (0 = %d)", o.MaxValues, MaxValues))
	}
	for k, names := range o.ExtraTraits {
		switch {
		case int(k) >= NumKeys:
			errs = append(errs, fmt.Errorf("ExtraTraits: key number %d is unknown", k))
		case k == ExternID && len(names) > 0:
			errs = append(errs, errors.New("ExtraTraits: EXTERN_ID is the user id and takes no traits"))
		case k == LookalikeValue && len(names) > 0:
			errs = append(errs, errors.New("ExtraTraits: LOOKALIKE_VALUE takes ValueTraits"))
		}
	}
	for i, trait := range o.ValueTraits {
		if trait == "" || slices.Contains(o.ValueTraits[:i], trait) {
			errs = append(errs, fmt.Errorf("ValueTraits: %q, want each trait once, and none empty", trait))
		}
	}
	for topic, s := range o.Sources {
		if s.Audience != "" && !usableAudience(s.Audience) {
			errs = append(errs, fmt.Errorf("Sources[%s].Audience: want 1 to %d bytes without NUL", topic, maxAudienceBytes))
		}
	}
	o.MaxEventBytes = orDefault(o.MaxEventBytes, MaxEventBytes)
	o.MaxValues = orDefault(o.MaxValues, MaxValues)
	if o.EnteredEvents == nil {
		o.EnteredEvents = []string{"Audience Entered"}
	}
	if o.ExitedEvents == nil {
		o.ExitedEvents = []string{"Audience Exited"}
	}
	return errors.Join(errs...)
}

func orDefault(n, fallback int) int {
	if n == 0 {
		return fallback
	}
	return n
}
