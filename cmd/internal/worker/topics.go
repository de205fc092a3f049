package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

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

// events are the settings of the topic of events, records as large as those of
// changelogs.
var events = map[string]string{
	"cleanup.policy":    "delete",
	"retention.ms":      "604800000",
	"segment.ms":        "86400000",
	"max.message.bytes": "8388608",
}

// reports are the settings of the topic of replicas: each says everything of itself
// every half minute, and who has stopped without a word is gone from it by itself.
var reports = map[string]string{
	"cleanup.policy": "delete",
	"retention.ms":   "3600000",
	"segment.ms":     "600000",
}

// kept is expiring with another time, and about fifty segments.
func kept(retention time.Duration) map[string]string {
	settings := maps.Clone(expiring)
	settings["retention.ms"] = strconv.FormatInt(retention.Milliseconds(), 10)
	settings["segment.ms"] = strconv.FormatInt(max(retention/50, 24*time.Hour).Milliseconds(), 10)
	return settings
}

// Counts are the partition counts of the sources and what follows from them.
type Counts struct {
	Sources map[string]int
	// Users is the count of what is partitioned by user: the sources, or the
	// topic of events where they are repartitioned, and the profiles.
	Users int
}

// String is for the log.
func (n Counts) String() string { return fmt.Sprintf("%v, users %d", n.Sources, n.Users) }

// members is how many partitions muster.members has.
func (n Counts) members(c *config.Config) int { return cmp.Or(c.Topics.Partitions, n.Users) }

// SameCounts are the counts where every source has n partitions.
func SameCounts(c *config.Config, n int) Counts {
	counts := Counts{Sources: map[string]int{}, Users: n}
	for _, s := range c.Sources {
		counts.Sources[s.Topic] = n
	}
	if c.Repartitions() {
		counts.Users = cmp.Or(c.Topics.Partitions, n)
	}
	return counts
}

// Topics are Muster's own topics, given how many partitions its sources have.
func Topics(c *config.Config, n Counts) []consumer.Topic {
	members := n.members(c)
	replication := c.Topics.ReplicationFactor
	if replication == 0 {
		replication = -1
	}
	topic := func(name string, partitions int, settings map[string]string) consumer.Topic {
		return consumer.Topic{Name: name, Partitions: partitions, ReplicationFactor: replication, Config: settings}
	}
	own := func(name string, partitions int, settings map[string]string) consumer.Topic {
		return topic(c.Topic(name), partitions, settings)
	}
	// A task of any stage writes to the partition of its own number.
	writers := max(members, n.Users)
	audit := own(config.TopicAudit, writers, kept(c.Topics.AuditRetention))
	audit.Growable = true
	letters := own(config.TopicDeadLetter, max(writers, slices.Max(slices.Collect(maps.Values(n.Sources)))), expiring)
	letters.Growable = true
	replicas := own(config.TopicReplicas, 1, reports)
	replicas.Growable = true
	topics := []consumer.Topic{
		own(config.TopicProfiles, n.Users, compacted),
		own(config.TopicMembers, members, compacted),
		own(config.TopicUploads, members, compacted),
		own(config.TopicAudiences, members, compacted),
		letters,
		own(config.TopicRejected, members, expiring),
		audit,
		own(config.TopicCommands, members, expiring),
		replicas,
	}
	if c.Repartitions() {
		topics = append(topics, own(config.TopicEvents, n.Users, events))
		for _, s := range c.Sources {
			fences := topic(c.FenceTopic(s.Topic), n.Sources[s.Topic], compacted)
			fences.Growable = true
			topics = append(topics, fences)
		}
	}
	return topics
}

// LookAtSources counts the sources' partitions. Without repartitioning they are
// one number.
func LookAtSources(ctx context.Context, cluster *consumer.Cluster, c *config.Config) (Counts, error) {
	names := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		names[i] = s.Topic
	}
	counts, err := cluster.Partitions(ctx, names...)
	if err != nil {
		return Counts{}, fmt.Errorf("look at the sources: %w", err)
	}
	n := Counts{Sources: counts, Users: slices.Max(slices.Collect(maps.Values(counts)))}
	if c.Repartitions() {
		n.Users, err = eventPartitions(ctx, cluster, c, n.Users)
		return n, err
	}
	if slices.ContainsFunc(names, func(name string) bool { return counts[name] != n.Users }) {
		said := make([]string, len(names))
		for i, name := range names {
			said[i] = fmt.Sprintf("%s has %d", name, counts[name])
		}
		return Counts{}, fmt.Errorf("look at the sources: their partition counts differ (%s), so a user's records of one topic would meet another task than those of the other; "+
			"set sources[].repartition: true on all of them", strings.Join(said, ", "))
	}
	return n, nil
}

// eventPartitions is the count of the topic of events: as configured, else as it
// is, else the highest of the sources. A source that gets more partitions later
// moves no user.
func eventPartitions(ctx context.Context, cluster *consumer.Cluster, c *config.Config, highest int) (int, error) {
	if c.Topics.Partitions > 0 {
		return c.Topics.Partitions, nil
	}
	events := c.Topic(config.TopicEvents)
	existing, err := cluster.Existing(ctx, events)
	if err != nil {
		return 0, fmt.Errorf("look at %s: %w", events, err)
	}
	return cmp.Or(existing[events], highest), nil
}

// ensure makes the topics, or checks them. The one of reports may be missing, as after an
// upgrade where others make topics: nothing but what is shown depends on it.
func (w *Worker) ensure(ctx context.Context, cluster *consumer.Cluster, topics []consumer.Topic) error {
	reports := func(t consumer.Topic) bool { return t.Name == w.config.Topic(config.TopicReplicas) }
	needed := slices.DeleteFunc(slices.Clone(topics), reports)
	if err := ensureTopics(ctx, cluster, w.config, needed); err != nil {
		return err
	}
	optional := slices.DeleteFunc(topics, func(t consumer.Topic) bool { return !reports(t) })
	if err := ensureTopics(ctx, cluster, w.config, optional); err != nil {
		if ctx.Err() != nil {
			return err
		}
		w.mute = true
		w.log.Warn("the status page will not show this replica; mend it and restart, everything else goes on", "error", err)
	}
	return nil
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
