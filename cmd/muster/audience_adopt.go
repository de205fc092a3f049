package main

import (
	"github.com/spf13/cobra"

	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

func newAdopt(environ []string) *cobra.Command {
	return newOrder(environ, order{
		verb: musterpb.Verb_VERB_ADOPT, name: "adopt", args: "FACEBOOK_ID", short: "Fill an existing Facebook audience from now on",
		example: "muster audience adopt",
		long: `Map an audience of the stream to an existing Facebook audience, which from now on gets all
its members and loses those who leave. The mapping stays until the audience is forgotten;
facebook_id and facebook_name in the configuration outrank it. The Facebook audience that
the key had before is left as it is.

What it holds already is unknown: muster audience show says so until it was replaced once.
With --replace that is done at once, as by muster resync --replace. Without, people whom
Muster never sent stay in it, but for those who leave it: of them it can remove whom it
knows to have been a member. To have everybody removed whom an exit names, configure
facebook_id instead; exits then carry who it is.`,
		more: func(cmd *cobra.Command) func([]string, *musterpb.Command) error {
			replace := cmd.Flags().Bool("replace", false, "put the list in the place of all that it holds")
			return func(args []string, order *musterpb.Command) error {
				id, err := facebook.ParseAudienceID(args[0])
				if err != nil {
					return &usageError{err}
				}
				order.FacebookId, order.Replace = string(id), *replace
				return nil
			}
		},
		answer: replaceAnswer,
	})
}
