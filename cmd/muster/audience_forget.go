package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"muster/schema/musterpb"
)

func newForget(environ []string) *cobra.Command {
	return newOrder(environ, order{
		verb: musterpb.Verb_VERB_FORGET, name: "forget", short: "Drop all that is kept of an audience", example: "muster audience forget",
		long: `Have an audience and all its members dropped from the tables and the topics behind them.
Nothing more is sent, and the Facebook audience stays as it is, with whoever is in it: to
have that gone too, muster audience delete first.

It is refused while members are in the audience, unless the configuration leaves it out
(exclude, or sync: paused): what the stream says of them next would make it anew without
the others. A later word of the stream does make it anew: its Facebook audience is found
again, and is of unknown content. To use an audience again that was forgotten while it was
left out, have all its members said again with muster replay. An erasure that Facebook has not
carried out by then is over, and recorded as forgotten.`,
		question: func(audience string, s *musterpb.AudienceStatus) string {
			held := ""
			if s.FacebookId != "" {
				held = fmt.Sprintf(", of whom up to %d rows stay in Facebook audience %s", s.Synced, s.FacebookId)
			}
			return fmt.Sprintf("Forget audience %s and its %d members%s?", audience, s.Members, held)
		},
		answer: func(string, *musterpb.AudienceStatus) (string, error) { return "being forgotten", nil },
	})
}
