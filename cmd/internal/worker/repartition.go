package worker

import (
	"context"
	"fmt"

	"muster/cmd/internal/config"
	"muster/consumer"
	"muster/membership/repartition"
)

// repartition is the stage in front of membership for source i: source →
// events keyed by user. It keeps nothing.
func (w *Worker) repartition(cluster *consumer.Cluster, t *telemetry, d decoding, i int, n Counts) (*consumer.Stage, error) {
	c := w.config
	in := sourceInput(c, i)
	o := w.stage(c.SourceStage(in.Topic), t)
	o.Inputs = []consumer.Input{in}
	o.Changelog = c.FenceTopic(in.Topic)
	o.Stateless = true
	o.New = repartition.New(repartition.Options{
		Decoder:          d.decoder,
		Normaliser:       d.normaliser,
		EventsTopic:      c.Topic(config.TopicEvents),
		EventsPartitions: n.Users,
		Meter:            o.Meter,
	})
	return consumer.NewStage(cluster, o)
}

// refuseSwitch keeps an installation from going on with repartitioning turned on
// or off: users would move to other tasks, away from their profiles, and the
// uploader would hear of each member from two of them. The group tells what
// membership read so far.
func refuseSwitch(ctx context.Context, cluster *consumer.Cluster, c *config.Config, installation string, n Counts) error {
	now, read := "on", n.Sources
	if !c.Repartitions() {
		events, err := cluster.Existing(ctx, c.Topic(config.TopicEvents))
		if err != nil {
			return fmt.Errorf("look whether sources[].repartition was changed: %w", err)
		}
		now, read = "off", events
	}
	group := c.StageGroup(config.StageMembership)
	before, err := cluster.HasCommitted(ctx, group, read)
	if err != nil {
		return fmt.Errorf("look whether sources[].repartition was changed: %w", err)
	}
	if before == "" {
		return nil
	}
	return fmt.Errorf("sources[].repartition was turned %s, but group %s has read %s: users would move away from their profiles; "+
		"begin anew with another group and topics.prefix, and set installation: %q, so that the same Facebook audiences are found again",
		now, group, before, installation)
}
