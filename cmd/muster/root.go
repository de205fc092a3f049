package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newRoot(environ []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "muster",
		Short: "Keep Facebook Custom Audiences equal to the audiences of an event stream",
		Long: `Muster reads identify and audience-membership events from Kafka, keeps who is in
which audience, and once per window uploads the difference, hashed, to Facebook.

Every command that takes --config also takes each key as an environment variable
(kafka.brokers is MUSTER_KAFKA_BROKERS) and as --set key=value. Flags win over the
environment, the environment over the file. muster config keys lists all keys.

Exit status: 0 done, 1 it did not work, 2 the command line or the configuration is
wrong and nothing was tried.`,
		Example: `  muster config check --config muster.yaml
  muster run --config muster.yaml
  muster explain events.jsonl`,
		Args:          arguments(cobra.NoArgs),
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	root.AddCommand(
		newRun(environ),
		newExplain(environ),
		newTopics(environ),
		newReplay(environ),
		newErase(environ),
		newAudit(environ),
		newState(environ),
		newStatus(environ),
		newAudience(environ),
		newRetry(environ),
		newResync(environ),
		newAuth(environ),
		newConfig(environ),
		newVersion(),
	)
	return root
}
