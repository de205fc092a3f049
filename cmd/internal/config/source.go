package config

import (
	"regexp"
	"time"
)

// Source is a topic of events, keyed by user.
type Source struct {
	Topic      string `yaml:"topic" doc:"Name of the topic. Records must be keyed by their user. All sources need the same number of partitions. Required."`
	Start      string `yaml:"start" doc:"Where to begin when the group has no offset: earliest (also when empty), or a time as in 2026-11-20T10:00:00Z. It is never the latest."`
	Tombstone  string `yaml:"tombstone" doc:"What a key without value does: erase erases the user, ignore does nothing. Empty: erase where the topic is compacted, else ignore."`
	OnDataLoss string `yaml:"on_data_loss" doc:"What a task does when the record to read next is no longer in the topic (retention overtook it, the topic was made anew): stop stops it until somebody decides, with the state data_loss; continue goes on at the earliest record, counted and logged. Empty: stop."`
	Audience   string `yaml:"audience" doc:"Audience key of events that name none (reverse-ETL events, RudderStack records and lists)."`
}

// The values of Source.OnDataLoss.
const (
	OnDataLossStop     = "stop"
	OnDataLossContinue = "continue"
)

// StartTime is the time to begin at; the zero time is the earliest record.
func (s Source) StartTime() time.Time {
	t, _ := time.Parse(time.RFC3339, s.Start) // Validate has seen it
	return t
}

// topicName is Kafka's own rule for names (class Topic of its clients).
var topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

func (c *Config) checkSources(p *problems) {
	if len(c.Sources) == 0 {
		p.add("sources", "", "one or more topics", "list the topics of events: sources: [{topic: identify}, {topic: audience-membership}]")
	}
	seen := map[string]bool{}
	for i, s := range c.Sources {
		key := index("sources", i)
		if !topicName.MatchString(s.Topic) || s.Topic == "." || s.Topic == ".." {
			p.add(key+".topic", s.Topic, "1 to 249 of a-z A-Z 0-9 . _ -", "give the topic's name as Kafka knows it")
		} else if seen[s.Topic] {
			p.add(key+".topic", s.Topic, "each topic once", "remove one of the two")
		}
		seen[s.Topic] = true
		for _, own := range c.OwnTopics() {
			if s.Topic == own {
				p.add(key+".topic", s.Topic, "a topic that is not one of Muster's own", "read the events' topic, or change topics.prefix")
			}
		}
		if _, err := time.Parse(time.RFC3339, s.Start); err != nil && s.Start != "" && s.Start != "earliest" {
			p.add(key+".start", s.Start, "earliest or a time as in 2026-11-20T10:00:00Z", "to begin later, use a time: the latest record is no starting point, it would lose what came before")
		}
		p.oneOf(key+".tombstone", s.Tombstone, "", "erase", "ignore")
		p.oneOf(key+".on_data_loss", s.OnDataLoss, "", OnDataLossStop, OnDataLossContinue)
		if s.Audience != "" {
			p.audienceKey(key+".audience", s.Audience)
		}
	}
}
