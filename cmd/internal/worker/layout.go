package worker

import "muster/cmd/internal/config"

// StageGroup is the consumer group of a stage.
func StageGroup(c *config.Config, stage string) string { return c.Group + "-" + stage }

// StageInputs are the topics that a stage reads.
func StageInputs(c *config.Config, stage string) []string {
	if stage == config.StageUploader {
		return []string{c.Topic(config.TopicMembers)}
	}
	names := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		names[i] = s.Topic
	}
	return names
}

// StageChangelog is the topic that a stage's tables are copies of.
func StageChangelog(c *config.Config, stage string) string {
	if stage == config.StageUploader {
		return c.Topic(config.TopicUploads)
	}
	return c.Topic(config.TopicProfiles)
}
