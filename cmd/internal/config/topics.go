package config

import "time"

// Topics are Muster's own topics.
type Topics struct {
	Prefix            string        `yaml:"prefix" doc:"Begin of the names of all own topics, up to 200 of a-z A-Z 0-9 . _ -."`
	ReplicationFactor int           `yaml:"replication_factor" doc:"Replicas of topics that are created, 1 to 32767; 0 takes the cluster's default. Existing topics are left as they are."`
	Partitions        int           `yaml:"partitions" doc:"Partitions of members, uploads and audiences when they are created, and of events and profiles where sources are repartitioned, 1 to 10000; 0 takes the sources' number, the highest there is. It cannot be changed later."`
	AuditRetention    time.Duration `yaml:"audit_retention" doc:"How long the records of erasures are kept in <topics.prefix>audit when it is created, 24h to 87600h. They hold no identifiers and no hashes, but user keys. An existing topic is left as it is."`
	Create            bool          `yaml:"create" doc:"Create missing topics at start. With false a missing topic is an error; see muster topics create --print."`
}

// The own topics' names without prefix.
const (
	TopicProfiles   = "profiles"
	TopicMembers    = "members"
	TopicUploads    = "uploads"
	TopicAudiences  = "audiences"
	TopicDeadLetter = "dead-letter"
	TopicRejected   = "rejected"
	TopicAudit      = "audit"
	TopicCommands   = "commands"
	TopicReplicas   = "replicas"
	// Only where sources are repartitioned.
	TopicEvents = "events"
	topicFences = "repartition." // and the source's topic
)

// Topic is the full name of one of the own topics.
func (c *Config) Topic(name string) string { return c.Topics.Prefix + name }

// FenceTopic is the full name of the changelog of a source's repartitioning.
func (c *Config) FenceTopic(source string) string { return c.Topic(topicFences + source) }

// OwnTopics are the full names of all own topics.
func (c *Config) OwnTopics() []string {
	names := []string{TopicProfiles, TopicMembers, TopicUploads, TopicAudiences, TopicDeadLetter, TopicRejected, TopicAudit, TopicCommands, TopicReplicas}
	for i, n := range names {
		names[i] = c.Topic(n)
	}
	if c.Repartitions() {
		names = append(names, c.Topic(TopicEvents))
		for _, s := range c.Sources {
			names = append(names, c.FenceTopic(s.Topic))
		}
	}
	return names
}

func (t *Topics) check(p *problems) {
	if (t.Prefix != "" && !topicName.MatchString(t.Prefix)) || len(t.Prefix) > 200 {
		p.add("topics.prefix", t.Prefix, "up to 200 of a-z A-Z 0-9 . _ -", "choose a prefix such as muster.")
	}
	p.number("topics.replication_factor", t.ReplicationFactor, 0, 32767)
	p.number("topics.partitions", t.Partitions, 0, 10_000)
	p.duration("topics.audit_retention", t.AuditRetention, 24*time.Hour, 87600*time.Hour)
}
