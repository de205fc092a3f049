package worker

import (
	"maps"
	"slices"
	"strings"

	"muster/cmd/internal/config"
	"muster/schema"
)

// NormaliserOptions are how identifiers are read.
func NormaliserOptions(c *config.Config) schema.NormaliserOptions {
	return schema.NormaliserOptions{DefaultCountry: c.DefaultCountry, DateOrder: schema.DateOrder(strings.ToLower(c.DateOrder))}
}

// DecoderOptions are how records are read, without Normaliser. Sources without
// a word on tombstones ignore them.
func DecoderOptions(c *config.Config) schema.DecoderOptions {
	anonymous := schema.AnonymousAccept
	if c.Anonymous == "ignore" {
		anonymous = schema.AnonymousIgnore
	}
	extra := map[schema.Key][]string{}
	for _, name := range slices.Sorted(maps.Keys(c.ExtraTraits)) {
		if k, ok := schema.ParseKey(name); ok {
			extra[k] = c.ExtraTraits[name]
		}
	}
	sources := map[string]schema.SourceOptions{}
	for _, s := range c.Sources {
		sources[s.Topic] = schema.SourceOptions{Audience: s.Audience, TombstoneErases: s.Tombstone == "erase"}
	}
	return schema.DecoderOptions{
		UserKeySecret:     []byte(c.UserKeySecret.Reveal()),
		ExternID:          c.ExternID.Enabled,
		Anonymous:         anonymous,
		MaxEventBytes:     c.MaxEventBytes,
		MaxValues:         c.MaxValues,
		ExtraTraits:       extra,
		ValueTraits:       slices.Compact(slices.Sorted(maps.Values(c.ValueTraits()))),
		ExternalAudiences: c.Facebook.HonourEventSettings,
		EnteredEvents:     c.EnteredEvents,
		ExitedEvents:      c.ExitedEvents,
		ConsentCategories: c.RequireConsent,
		AnyKey:            c.Repartitions(),
		Sources:           sources,
	}
}
