package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"muster/cmd/internal/status"
	"muster/schema/musterpb"
)

func newAudience(environ []string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audience",
		Short: "Look at audiences, and have the worker pause, release or go on",
		Long: `See what the replicas last said of every audience, and give orders to whichever replica
owns one. Both go through Kafka, muster.audiences and muster.commands: this command needs
no address of a replica, and an order given while none runs is obeyed by the next.`,
		Example: `  muster audience list --config muster.yaml
  muster audience show --config muster.yaml vip
  muster audience pause --config muster.yaml vip`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newAudienceList(environ),
		newAudienceShow(environ),
		newOrder(environ, order{
			verb: musterpb.Verb_VERB_PAUSE, name: "pause", short: "Send nothing of an audience until it is resumed", example: "muster audience pause",
			long: `Have nothing sent to the Facebook audience until muster audience resume. The request under
way is finished, members go on being read, and what has changed is sent after resuming.
Hold is another name for it: an audience that Muster holds by itself (muster audience
release) is another thing, and goes on by itself where its cause is gone.`,
			aliases: []string{"hold"},
		}),
		newOrder(environ, order{
			verb: musterpb.Verb_VERB_RESUME, name: "resume", short: "Go on with a paused audience", example: "muster audience resume",
			long: `Go on with an audience that was paused: all that changed meanwhile is sent with its next
window. One that the configuration pauses (sync: paused) stays so.`,
			answer: func(audience string, s *musterpb.AudienceStatus) (string, error) {
				if text := status.Paused(audience, s.PausedBy); text != "" {
					return "", errors.New("still " + text)
				}
				return "done", nil
			},
		}),
		newOrder(environ, order{
			verb: musterpb.Verb_VERB_RELEASE, name: "release", short: "Agree to what is held: many removals, or a new audience", example: "muster audience release",
			long: `Agree to what an audience is held for (muster audience show tells it): that more of it than
max_removed_share leaves at once, or that it is created at Facebook, or created beyond
max_audiences. The agreement is to those that are to leave now, and to one creation
beyond max_audiences; were more to follow, it is held again.`,
		}),
		newAdopt(environ), newForget(environ), newDelete(environ),
	)
	return cmd
}

// orderWait is how long to wait for the owner's word, by default.
const orderWait = 30 * time.Second

func newRetry(environ []string) *cobra.Command {
	o := order{
		verb: musterpb.Verb_VERB_RETRY, name: "retry", short: "Try at once what waits for a person to act", example: "muster retry",
		accounts: true,
		long: `Try at once what is blocked until somebody acts (terms, permissions, a token, a flagged or
deleted audience, removals refused for the audience's size), instead of at the next slow
beat: of one audience, or of all audiences of an ad account, act_ and its digits.`,
	}
	return newOrder(environ, o)
}
