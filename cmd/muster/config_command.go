package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
)

func newConfig(environ []string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Write, check and show the configuration",
		Example: `  muster config init
  muster config check --config muster.yaml
  muster config keys
  muster config traits`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigInit(), newConfigCheck(environ), newConfigKeys(), newConfigTraits(environ))
	return cmd
}

func newConfigCheck(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var show bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the configuration, all of it, without a broker",
		Long: `Read the configuration as run would, from file, environment and flags, and print ok,
or every mistake in it: where it stands, the key, the value, what is legal, what to do.
Files it names must be there. Neither Kafka nor Facebook is asked.`,
		Example: `  muster config check --config muster.yaml
  muster config check --config muster.yaml --show
  MUSTER_WINDOW=15m muster config check --config muster.yaml`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(true, (*config.Config).Validate)
			if err != nil {
				return err
			}
			if show {
				return c.Show(cmd.OutOrStdout())
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "ok")
			return err
		},
	}
	s.add(cmd)
	cmd.Flags().BoolVar(&show, "show", false, "print the configuration in effect, defaults included, secrets redacted")
	return cmd
}
