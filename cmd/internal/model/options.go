package model

import "time"

// Topics of a stream. Prefix a topic's name with Options.TopicPrefix.
const (
	TopicIdentify   = "identify"            // profiles and, as anywhere, memberships
	TopicMembership = "audience-membership" // memberships and, as anywhere, profiles
	TopicProfiles   = "profiles"            // a key without value erases
	TopicWarehouse  = "warehouse"           // reverse ETL of AudienceWarehouse
	TopicLists      = "lists"               // rows without users, of AudienceList
)

// Audiences that their topic names, not their events.
const (
	AudienceWarehouse = "warehouse_customers"
	AudienceList      = "crm_list"
)

// Topic is a topic of a stream and what a worker has to be told of it.
type Topic struct {
	Name            string
	TombstoneErases bool
	Audience        string
}

// Topics are the sources of every stream.
func Topics() []Topic {
	return []Topic{
		{Name: TopicIdentify}, {Name: TopicMembership},
		{Name: TopicProfiles, TombstoneErases: true},
		{Name: TopicWarehouse, Audience: AudienceWarehouse},
		{Name: TopicLists, Audience: AudienceList},
	}
}

// Options of a stream.
type Options struct {
	Seed       uint64
	People     int // who appear one by one in the first two thirds of the stream
	Audiences  int // at least 4
	Partitions int // of every topic
	// Steps is how many things happen, about as many as there are records.
	// 0 is no end before [Stream.Finish].
	Steps int
	// Start is the event time of the first event, and Tick the time between two.
	// Tick is at least 4 ms: events of one record have times of their own.
	Start time.Time
	Tick  time.Duration
	// WellKeyed leaves out records under a key that is not their user: a worker
	// that sees one calls for a person.
	WellKeyed bool
	// Hot is how many people at a time enter and leave the same few audiences again
	// and again, for a twelfth of the stream: then others do, and they stay as they
	// are. Their households share identifiers. 0 for none; needs Steps.
	Hot int
	// Skew has the clocks of some people go wrong: their events are ordered by
	// stamps far ahead or behind, some of them equal.
	Skew bool
	// Huge lets two of the records that are too large have 5 MB.
	Huge bool
	// Untold keeps no account of what was said, which would grow for ever in a
	// stream without end: the Truth stays empty, and a Publisher neither minds
	// topics that are there already nor who else writes to them.
	Untold bool
}

// DefaultCountry is the default_country with which the events have to be read.
const DefaultCountry = "US"
