package worker

import "muster/cmd/internal/config"

// Reading is a topic and the consumer group that reads it.
type Reading struct{ Group, Topic string }

// Readings are where a stage's input comes from: of membership the sources, which
// other groups read where they are repartitioned.
func Readings(c *config.Config, stage string) []Reading {
	if stage == config.StageUploader {
		return []Reading{{c.StageGroup(stage), c.Topic(config.TopicMembers)}}
	}
	all := make([]Reading, len(c.Sources))
	for i, s := range c.Sources {
		all[i] = Reading{c.StageGroup(c.SourceStage(s.Topic)), s.Topic}
	}
	return all
}

// StageChangelog is the topic that a stage's tables are copies of.
func StageChangelog(c *config.Config, stage string) string {
	if stage == config.StageUploader {
		return c.Topic(config.TopicUploads)
	}
	return c.Topic(config.TopicProfiles)
}
