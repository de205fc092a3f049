package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/consumer"
	"muster/schema/musterpb"
)

func newResync(environ []string) *cobra.Command {
	var followed bool
	return newOrder(environ, order{
		verb: musterpb.Verb_VERB_RESYNC, name: "resync", short: "Send an audience's full list again", example: "muster resync",
		long: `Have all that is desired of an audience sent to Facebook again, with its next window and
within the rate budget. Nothing is removed by it, and whoever is in the audience already
stays: Facebook takes the same row twice. It heals what somebody changed by hand.

With --replace the list takes the place of all that the Facebook audience holds, of
whoever put it there: people who were added by hand or by another tool leave it. It is
begun at once and takes minutes; what changes meanwhile is sent after it. Facebook allows
90 minutes for it, so a list that needs longer within the account's budget is refused, as
is one of an audience that is paused, add_only, empty, or of 100 million rows. Should it
fail, the list is sent again without --replace, and muster audience show tells why.`,
		more: func(cmd *cobra.Command) func([]string, *musterpb.Command) error {
			replace := cmd.Flags().Bool("replace", false, "put the list in the place of all that Facebook holds")
			cmd.Flags().BoolVar(&followed, "follow", false, "go on, and tell how far it is, until all is sent")
			return func(_ []string, order *musterpb.Command) error {
				if *replace {
					order.Verb = musterpb.Verb_VERB_REPLACE
				}
				return nil
			}
		},
		answer: replaceAnswer,
		then: func(ctx context.Context, cmd *cobra.Command, cluster *consumer.Cluster, c *config.Config, audience string, s *musterpb.AudienceStatus) error {
			if !followed {
				return nil
			}
			if err := follow(ctx, cmd.OutOrStdout(), cluster, c, s, audience); err != nil {
				return fmt.Errorf("resync %q: %w", audience, err)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "resync %s: all is sent\n", audience)
			return err
		},
	})
}

// replaceAnswer tells whether a replacement that may have been asked for has begun.
func replaceAnswer(audience string, s *musterpb.AudienceStatus) (done string, err error) {
	switch {
	case s.ReplaceFailed != nil:
		return "", fmt.Errorf("%s. %s", s.ReplaceFailed.Title, s.ReplaceFailed.Remedy)
	case s.Replace != "":
		return "begun; muster audience show " + audience + " tells how far it is", nil
	}
	return "done", nil
}
