package main

import (
	"github.com/spf13/cobra"
)

func newState(environ []string) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "state",
		Short:   "Look at the local tables",
		Example: `  muster state verify --config muster.yaml`,
		Args:    arguments(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStateVerify(environ))
	return cmd
}
