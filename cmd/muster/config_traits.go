package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/schema"
)

func newConfigTraits(environ []string) *cobra.Command {
	s := settings{environ: environ}
	cmd := &cobra.Command{
		Use:   "traits",
		Short: "List which traits fill which Facebook key",
		Long: `List for every Facebook key the traits that fill it, those that the configuration adds
included. They are looked for in traits (of a track: properties), then in
context.traits, in this order: the first whose value is usable fills the key. Dotted
traits are nested. What stands behind "part of" is a whole name or date, which ranks
below the others; external ids (context.externalIds, of users) and the device are heard
beside traits. Rows of RudderStack name their values by the keys themselves.`,
		Example: `  muster config traits
  muster config traits --config muster.yaml | grep PHONE`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(false, (*config.Config).ValidateEvents)
			if err != nil {
				return err
			}
			return writeTraits(cmd.OutOrStdout(), worker.DecoderOptions(c), c.ExternID.Enabled)
		},
	}
	s.add(cmd)
	return cmd
}

func writeTraits(w io.Writer, o schema.DecoderOptions, externID bool) error {
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, s := range schema.TraitSourcesOf(o) {
		var sources []string
		add := func(prefix string, list []string) {
			if len(list) > 0 {
				sources = append(sources, prefix+strings.Join(list, ", "))
			}
		}
		add("", s.Traits)
		add("part of ", s.Whole)
		add("external ids ", s.ExternalIDs)
		if s.Device {
			sources = append(sources, "context.device.advertisingId")
		}
		none := "rows of RudderStack only"
		switch {
		case s.Key == schema.ExternID && externID:
			none = "the user id (userId), byte for byte"
		case s.Key == schema.ExternID:
			none = "the user id (userId), with extern_id.enabled"
		case s.Key == schema.LookalikeValue:
			none = "audiences.KEY.value_trait"
		}
		fmt.Fprintf(out, "%s\t%s\n", s.Key, cmp.Or(strings.Join(sources, "; "), none))
	}
	return out.Flush() // errors of writing stay until here
}
