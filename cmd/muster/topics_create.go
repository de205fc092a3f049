package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/consumer"
)

func newTopicsCreate(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var print bool
	var partitions int
	var principal string
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make the topics that are missing",
		Long: `Make the topics that are missing; existing ones are checked and left as they are.

With --print nothing is made: the commands and ACLs are printed for whoever may use
them. With --partitions too, no broker is asked.`,
		Example: `  muster topics create --config muster.yaml
  muster topics create --config muster.yaml --print --principal User:muster
  muster topics create --config muster.yaml --print --partitions 12 > topics.sh`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(!print, (*config.Config).ValidateKafka)
			if err != nil {
				return err
			}
			if partitions < 0 || partitions > 10_000 {
				return &usageError{fmt.Errorf("--partitions %d: want 1 to 10000, the number of partitions of the sources", partitions)}
			}
			if partitions > 0 && !print {
				return &usageError{fmt.Errorf("--partitions %d: want it only with --print: otherwise the sources themselves are asked", partitions)}
			}
			if partitions > 0 {
				return printTopics(cmd.OutOrStdout(), c, worker.Topics(c, worker.SameCounts(c, partitions)), principal)
			}
			return withCluster(cmd, c, func(ctx context.Context, cluster *consumer.Cluster) error {
				counts, err := worker.LookAtSources(ctx, cluster, c)
				if err != nil {
					return err
				}
				topics := worker.Topics(c, counts)
				if print {
					return printTopics(cmd.OutOrStdout(), c, topics, principal)
				}
				return createTopics(ctx, cmd.OutOrStdout(), cluster, topics)
			})
		},
	}
	s.add(cmd)
	cmd.Flags().BoolVar(&print, "print", false, "print the commands and ACLs instead")
	cmd.Flags().IntVar(&partitions, "partitions", 0, "with --print: number of partitions of the sources, instead of asking a broker")
	cmd.Flags().StringVar(&principal, "principal", "", "with --print: the worker's principal (default User: and kafka.sasl.username, else User:muster)")
	return cmd
}

func createTopics(ctx context.Context, w io.Writer, cluster *consumer.Cluster, topics []consumer.Topic) error {
	before, err := cluster.CheckTopics(ctx, topics)
	if err != nil {
		return err
	}
	if err := cluster.EnsureTopics(ctx, topics); err != nil {
		return err
	}
	for _, s := range before {
		state := "made"
		if s.Exists {
			state = "was there"
		}
		if _, err := fmt.Fprintf(w, "%s: %s\n", s.Name, state); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}
