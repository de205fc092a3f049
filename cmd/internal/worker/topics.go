package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/cmd/internal/config"
	"muster/consumer"
)

// compacted are the settings of changelogs. Compaction happens between 6 and 24
// hours after a write, and segments are closed soon enough for that: an erasure
// really erases, and a late stray record is never the only survivor. Tombstones
// stay for 7 days, the longest a replica may be away with its disk.
var compacted = map[string]string{
	"cleanup.policy":            "compact",
	"min.compaction.lag.ms":     "21600000",
	"max.compaction.lag.ms":     "86400000",
	"segment.ms":                "21600000",
	"min.cleanable.dirty.ratio": "0.3",
	"delete.retention.ms":       "604800000",
	"max.message.bytes":         "8388608",
}

// expiring are the settings of topics that are kept for 7 days. Kafka deletes
// whole closed segments only, hence segments of a day.
var expiring = map[string]string{
	"cleanup.policy": "delete",
	"retention.ms":   "604800000",
	"segment.ms":     "86400000",
}

// memberPartitions is how many partitions muster.members has.
func memberPartitions(c *config.Config, sources int) int { return cmp.Or(c.Topics.Partitions, sources) }

// Topics are Muster's own topics, given how many partitions its sources have.
func Topics(c *config.Config, sources int) []consumer.Topic {
	members := memberPartitions(c, sources)
	replication := c.Topics.ReplicationFactor
	if replication == 0 {
		replication = -1
	}
	topic := func(name string, partitions int, settings map[string]string) consumer.Topic {
		return consumer.Topic{Name: c.Topic(name), Partitions: partitions, ReplicationFactor: replication, Config: settings}
	}
	return []consumer.Topic{
		topic(config.TopicProfiles, sources, compacted),
		topic(config.TopicMembers, members, compacted),
		topic(config.TopicUploads, members, compacted),
		topic(config.TopicAudiences, members, compacted),
		// A task of either stage writes to the partition of its own number.
		topic(config.TopicDeadLetter, max(sources, members), expiring),
		topic(config.TopicRejected, members, expiring),
		topic(config.TopicAudit, members, expiring),
	}
}

// SourcePartitions is the one number of partitions that all sources have.
func SourcePartitions(ctx context.Context, cluster *consumer.Cluster, c *config.Config) (int, error) {
	names := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		names[i] = s.Topic
	}
	counts, err := cluster.Partitions(ctx, names...)
	if err != nil {
		return 0, fmt.Errorf("look at the sources: %w", err)
	}
	first := counts[names[0]]
	if slices.ContainsFunc(names, func(n string) bool { return counts[n] != first }) {
		said := make([]string, len(names))
		for i, n := range names {
			said[i] = fmt.Sprintf("%s has %d", n, counts[n])
		}
		return 0, fmt.Errorf("look at the sources: their partition counts differ (%s), so a user's records of one topic would meet another task than those of the other; "+
			"repartition them to one count, keyed by user, and read the copies", strings.Join(said, ", "))
	}
	return first, nil
}

// ensureTopics makes the topics, or where it must not, checks them.
func ensureTopics(ctx context.Context, cluster *consumer.Cluster, c *config.Config, topics []consumer.Topic) error {
	if c.Topics.Create {
		return cluster.EnsureTopics(ctx, topics)
	}
	states, err := cluster.CheckTopics(ctx, topics)
	if err != nil {
		return err
	}
	var problems []error
	for _, s := range states {
		switch {
		case !s.Exists:
			problems = append(problems, fmt.Errorf("topic %q is missing and topics.create is false: make it with what muster topics create --print says", s.Name))
		case s.Problem != "":
			problems = append(problems, errors.New(s.Problem))
		}
	}
	return errors.Join(problems...)
}
