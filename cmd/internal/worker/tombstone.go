package worker

import (
	"context"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go"

	"muster/consumer"
	"muster/schema"
)

// decideTombstones lets a key without a value erase the user on those sources
// that say nothing of it and are compacted topics: there it can mean nothing
// else. The caller has reached the cluster before, so that one try is enough.
func decideTombstones(ctx context.Context, cluster *consumer.Cluster, silent []string, sources map[string]schema.SourceOptions) error {
	if len(silent) == 0 {
		return nil
	}
	request := &kafka.DescribeConfigsRequest{}
	for _, topic := range silent {
		request.Resources = append(request.Resources, kafka.DescribeConfigRequestResource{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ConfigNames: []string{"cleanup.policy"},
		})
	}
	answer, err := cluster.Client().DescribeConfigs(ctx, request)
	if err != nil {
		return fmt.Errorf("read cleanup.policy of the sources: %w", err)
	}
	for _, r := range answer.Resources {
		if r.Error != nil {
			return fmt.Errorf("read cleanup.policy of source %q: %w; allow DescribeConfigs on it, or set its tombstone to erase or ignore", r.ResourceName, r.Error)
		}
		for _, entry := range r.ConfigEntries {
			if entry.ConfigName == "cleanup.policy" && strings.Contains(entry.ConfigValue, "compact") {
				s := sources[r.ResourceName]
				s.TombstoneErases = true
				sources[r.ResourceName] = s
			}
		}
	}
	return nil
}
