package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"muster/cmd/internal/config"
	"muster/consumer"
)

// printTopics writes the topics and the rights of the worker as commands of
// Kafka's own tools.
func printTopics(w io.Writer, c *config.Config, topics []consumer.Topic, principal string) error {
	var out bytes.Buffer
	bootstrap := quote(strings.Join(c.Kafka.Brokers, ","))
	for _, t := range topics {
		fmt.Fprintf(&out, "kafka-topics.sh --bootstrap-server %s --create --if-not-exists --topic %s --partitions %d", bootstrap, quote(t.Name), t.Partitions)
		if t.ReplicationFactor > 0 {
			fmt.Fprintf(&out, " --replication-factor %d", t.ReplicationFactor)
		}
		for _, name := range slices.Sorted(maps.Keys(t.Config)) {
			fmt.Fprintf(&out, " \\\n  --config %s=%s", name, t.Config[name])
		}
		out.WriteString("\n")
	}
	if principal == "" {
		principal = "User:muster"
		if c.Kafka.SASL.Username != "" {
			principal = "User:" + c.Kafka.SASL.Username
		}
	}
	allow := func(operations string, resource ...string) {
		fmt.Fprintf(&out, "kafka-acls.sh --bootstrap-server %s --add --allow-principal %s", bootstrap, quote(principal))
		for operation := range strings.SplitSeq(operations, " ") {
			fmt.Fprintf(&out, " --operation %s", operation)
		}
		fmt.Fprintf(&out, " %s\n", strings.Join(resource, " "))
	}
	for _, s := range c.Sources {
		allow("Read Describe DescribeConfigs", "--topic", quote(s.Topic))
	}
	for _, t := range topics {
		allow("Read Write Describe DescribeConfigs", "--topic", quote(t.Name))
	}
	allow("Read Describe", "--group", quote(c.Group+"-"), "--resource-pattern-type", "prefixed")
	allow("Write Describe", "--transactional-id", quote(c.Group+"-"), "--resource-pattern-type", "prefixed")
	_, err := w.Write(out.Bytes())
	return err
}

// quote makes one word of a shell's command line.
func quote(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:,/", r)
	}) || s == "" {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
