package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/consumer"
)

func newTopics(environ []string) *cobra.Command {
	s := settings{environ: environ}
	cmd := &cobra.Command{
		Use:   "topics",
		Short: "Show Muster's own topics, or make them",
		Long: `Show the topics that Muster needs beside its sources, whether they are there, and what
is wrong with them. The exit status is 1 when a topic is missing or wrong.`,
		Example: `  muster topics --config muster.yaml
  muster topics create --config muster.yaml
  muster topics create --config muster.yaml --print`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(true, (*config.Config).ValidateKafka)
			if err != nil {
				return err
			}
			return withCluster(cmd, c, func(ctx context.Context, cluster *consumer.Cluster) error {
				counts, err := worker.LookAtSources(ctx, cluster, c)
				if err != nil {
					return err
				}
				states, err := cluster.CheckTopics(ctx, worker.Topics(c, counts))
				if err != nil {
					return err
				}
				return showTopics(cmd.OutOrStdout(), states)
			})
		},
	}
	s.add(cmd)
	cmd.AddCommand(newTopicsCreate(environ))
	return cmd
}

// withCluster does one piece of work with the configured cluster.
func withCluster(cmd *cobra.Command, c *config.Config, work func(context.Context, *consumer.Cluster) error) error {
	cluster, err := worker.Cluster(c, worker.Options{Logger: worker.Logger(c.Log, cmd.ErrOrStderr())})
	if err != nil {
		return err
	}
	defer cluster.Close()
	return work(cmd.Context(), cluster)
}

func showTopics(w io.Writer, states []consumer.TopicState) error {
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "TOPIC\tPARTITIONS\tPOLICY\tSTATE")
	wrong := 0
	for _, s := range states {
		state := "ok"
		switch {
		case !s.Exists:
			state = "missing"
		case s.Problem != "":
			state = s.Problem
		}
		if state != "ok" {
			wrong++
		}
		fmt.Fprintf(out, "%s\t%d\t%s\t%s\n", s.Name, s.Partitions, s.Config["cleanup.policy"], state)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d topics are missing or wrong; muster topics create makes what is missing", wrong, len(states))
	}
	return nil
}
