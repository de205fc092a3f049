package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"muster/schema/musterpb"
)

func newDelete(environ []string) *cobra.Command {
	return newOrder(environ, order{
		verb: musterpb.Verb_VERB_DELETE, name: "delete", short: "Delete an audience at Facebook", example: "muster audience delete",
		long: `Have the Facebook audience deleted that Muster made for an audience: ads that use it stop,
and Facebook does not give it back. Members go on being read, and nothing is sent until
muster audience resume, which has it made anew and sent whole. One that Muster did not
make is not deleted, nor does Facebook delete one from which lookalikes were made; muster
audience show tells.`,
		question: func(audience string, s *musterpb.AudienceStatus) string {
			return fmt.Sprintf("Delete Facebook audience %s of audience %s, with up to %d rows? Ads that use it stop, and it does not come back.", s.FacebookId, audience, s.Synced)
		},
		answer: func(audience string, s *musterpb.AudienceStatus) (string, error) {
			if s.FacebookId == "" {
				return "done; muster audience resume " + audience + " makes it anew", nil
			}
			return "being deleted; muster audience show " + audience + " tells how it went", nil
		},
	})
}
