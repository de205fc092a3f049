package consumer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"
)

// Topic is a topic as Muster wants it.
type Topic struct {
	Name              string
	Partitions        int
	ReplicationFactor int // -1 = the broker's default
	// Config holds the topic's own settings. Those of an existing topic are
	// compared only where a difference would lose or corrupt state: see policy, atLeast.
	Config map[string]string
	// Growable: it may be given more partitions, as nobody looks for a key in it.
	Growable bool
}

// policy is the setting whose difference is an error: a changelog that is not
// compacted forgets members when they are old.
const policy = "cleanup.policy"

// atLeast are the settings that may be more than wanted, but not less, and what less
// would do.
var atLeast = []struct{ name, otherwise string }{
	{"max.message.bytes", "a record that is larger would stop its task"},
	{"delete.retention.ms", "a replica that was away with its disk would miss that members were removed"}, // StageOptions.MaxTableAge
}

// TopicState is what EnsureTopics or CheckTopics found of a topic.
type TopicState struct {
	Topic
	Exists bool
	// Problem says what is wrong and what to do, empty when nothing is.
	Problem string
}

// TopicError says what is wrong with an existing topic and what to do.
type TopicError struct{ Problems []string }

func (e *TopicError) Error() string { return strings.Join(e.Problems, "\n") }

// EnsureTopics creates the topics that are missing and returns a *TopicError
// when an existing one has the wrong partition count or policy.
func (c *Cluster) EnsureTopics(ctx context.Context, topics []Topic) error {
	states, err := c.CheckTopics(ctx, topics)
	if err != nil {
		return err
	}
	var missing []kafka.TopicConfig
	var problems []string
	for _, s := range states {
		if !s.Exists {
			missing = append(missing, topicConfig(s.Topic))
		} else if s.Problem != "" {
			problems = append(problems, s.Problem)
		}
	}
	if len(problems) > 0 {
		return &TopicError{Problems: problems}
	}
	if len(missing) == 0 {
		return nil
	}
	return c.retry(ctx, "create topics", func(ctx context.Context) error {
		res, err := c.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: missing})
		if err != nil {
			return err
		}
		var errs []error
		for _, t := range missing {
			// Another replica may have been faster.
			if err := res.Errors[t.Topic]; err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
				errs = append(errs, fmt.Errorf("topic %q: %w", t.Topic, err))
			}
		}
		return errors.Join(errs...)
	})
}

func topicConfig(t Topic) kafka.TopicConfig {
	k := kafka.TopicConfig{Topic: t.Name, NumPartitions: t.Partitions, ReplicationFactor: t.ReplicationFactor}
	for _, name := range slices.Sorted(maps.Keys(t.Config)) {
		k.ConfigEntries = append(k.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: t.Config[name]})
	}
	return k
}

// CheckTopics compares the topics of the cluster with the wanted ones.
func (c *Cluster) CheckTopics(ctx context.Context, topics []Topic) ([]TopicState, error) {
	states := make([]TopicState, len(topics))
	err := c.retry(ctx, "check topics", func(ctx context.Context) error {
		m, err := c.client.Metadata(ctx, &kafka.MetadataRequest{Topics: nil})
		if err != nil {
			return err
		}
		counts := map[string]int{}
		for _, t := range m.Topics {
			if t.Error != nil {
				return fmt.Errorf("topic %q: %w", t.Name, t.Error)
			}
			counts[t.Name] = len(t.Partitions)
		}
		configs, err := c.configs(ctx, topics, counts)
		if err != nil {
			return err
		}
		for i, t := range topics {
			states[i] = topicState(t, counts, configs[t.Name])
		}
		return nil
	})
	return states, err
}

func topicState(t Topic, counts map[string]int, config map[string]string) TopicState {
	s := TopicState{Topic: t}
	n, ok := counts[t.Name]
	if !ok {
		return s
	}
	s.Exists = true
	if t.Growable && n < t.Partitions {
		s.Problem = fmt.Sprintf("topic %q has %d partitions, needs %d: %s", t.Name, n, t.Partitions, growCommand(t.Name, t.Partitions))
		return s
	}
	if n != t.Partitions && !t.Growable {
		s.Problem = fmt.Sprintf("topic %q has %d partitions, needs %d: keys would meet the wrong task; delete it, or choose another topics.prefix, and let it be made anew", t.Name, n, t.Partitions)
		return s
	}
	if want, have := t.Config[policy], config[policy]; want != "" && have != "" && want != have {
		s.Problem = fmt.Sprintf("topic %q has %s=%s, needs %s: %s", t.Name, policy, have, want, alterCommand(t.Name, policy, want))
		return s
	}
	for _, least := range atLeast {
		want, have := number64(t.Config, least.name), number64(config, least.name)
		if want != nil && have != nil && *have < *want {
			s.Problem = fmt.Sprintf("topic %q has %s=%d, needs at least %d: %s; %s",
				t.Name, least.name, *have, *want, least.otherwise, alterCommand(t.Name, least.name, t.Config[least.name]))
			return s
		}
	}
	return s
}

// number64 reads a setting; nil where there is none.
func number64(config map[string]string, name string) *int64 {
	n, err := strconv.ParseInt(config[name], 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

func alterCommand(topic, name, value string) string {
	return fmt.Sprintf("kafka-configs.sh --alter --entity-type topics --entity-name %s --add-config %s=%s", topic, name, value)
}

// growCommand gives a topic as many partitions as are needed.
func growCommand(topic string, partitions int) string {
	return fmt.Sprintf("kafka-topics.sh --alter --topic %s --partitions %d", topic, partitions)
}

// configs reads the settings that are compared of the topics that exist.
func (c *Cluster) configs(ctx context.Context, topics []Topic, counts map[string]int) (map[string]map[string]string, error) {
	compared := []string{policy}
	for _, least := range atLeast {
		compared = append(compared, least.name)
	}
	req := &kafka.DescribeConfigsRequest{}
	for _, t := range topics {
		if _, ok := counts[t.Name]; ok {
			req.Resources = append(req.Resources, kafka.DescribeConfigRequestResource{
				ResourceType: kafka.ResourceTypeTopic, ResourceName: t.Name, ConfigNames: compared,
			})
		}
	}
	configs := map[string]map[string]string{}
	if len(req.Resources) == 0 {
		return configs, nil
	}
	res, err := c.client.DescribeConfigs(ctx, req)
	if err != nil {
		return nil, err
	}
	for _, r := range res.Resources {
		if r.Error != nil {
			return nil, fmt.Errorf("settings of topic %q: %w", r.ResourceName, r.Error)
		}
		m := map[string]string{}
		for _, e := range r.ConfigEntries {
			m[e.ConfigName] = e.ConfigValue
		}
		configs[r.ResourceName] = m
	}
	return configs, nil
}
