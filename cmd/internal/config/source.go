package config

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Source is a topic of events.
type Source struct {
	Topic      string `yaml:"topic" doc:"Name of the topic. Without repartition, records must be keyed by their user, and all sources need the same number of partitions. Required."`
	Start      string `yaml:"start" doc:"Where to begin when the group has no offset: earliest (also when empty), or a time as in 2026-11-20T10:00:00Z. It is never the latest."`
	Tombstone  string `yaml:"tombstone" doc:"What a key without value does: erase erases the user, ignore does nothing. Empty: erase where the topic is compacted, else ignore."`
	OnDataLoss string `yaml:"on_data_loss" doc:"What a task does when the record to read next is no longer in the topic (retention overtook it, the topic was made anew): stop stops it until somebody decides, with the state data_loss; continue goes on at the earliest record, counted and logged. Empty: stop."`
	Audience   string `yaml:"audience" doc:"Audience key of events that name none (reverse-ETL events, RudderStack records and lists)."`
	// All or none: where the producers of a plain source put a user is their own
	// business, and all that is said of a user must meet in one task.
	Repartition bool `yaml:"repartition" doc:"Put a topic keyed by user in front: the records may have any key or none, and the sources any number of partitions. All sources or none. Events are written to <topics.prefix>events, hashed, and kept for 7 days there. Turning it on or off later takes a new group and topics.prefix."`
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

// Repartitions reports whether the sources are repartitioned, all of them.
func (c *Config) Repartitions() bool {
	return slices.ContainsFunc(c.Sources, func(s Source) bool { return s.Repartition })
}

// SourceStage is the name of the stage that reads a source. Its consumer group,
// the one to rewind for a replay, is StageGroup of it.
func (c *Config) SourceStage(topic string) string {
	if c.Repartitions() {
		return stageRepartition + topic
	}
	return StageMembership
}

// StageGroup is the consumer group of a stage.
func (c *Config) StageGroup(stage string) string { return c.Group + "-" + stage }

// topicName is Kafka's own rule for names (class Topic of its clients).
var topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

func (c *Config) checkSources(p *problems) {
	if len(c.Sources) == 0 {
		p.add("sources", "", "one or more topics", "list the topics of events: sources: [{topic: identify}, {topic: audience-membership}]")
	}
	seen := map[string]bool{}
	repartitions := c.Repartitions()
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
		if s.Repartition != repartitions {
			p.add(key+".repartition", s.Repartition, "the same for all sources", "set it to true here too: all that is said of a user must meet in one task, and who keyed this source may have put the user elsewhere")
		}
		if long := len(c.FenceTopic(s.Topic)) - 249; repartitions && long > 0 {
			p.add(key+".topic", s.Topic, fmt.Sprintf("%d characters less while repartition is on", long), "shorten topics.prefix: "+c.FenceTopic("…")+" has to be a topic's name")
		}
	}
}
