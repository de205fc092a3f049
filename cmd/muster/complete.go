package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
)

// completeWithin is how long a shell may wait for a completion.
const completeWithin = 2 * time.Second

// completeAudience completes a command's first argument by the keys of audiences, as
// their owners last told them. Without a configuration or brokers there are none.
func completeAudience(s *settings) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		c, err := s.load(true, (*config.Config).ValidateKafka)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		cluster, err := worker.Cluster(c, worker.Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer cluster.Close()
		ctx, cancel := context.WithTimeout(cmd.Context(), completeWithin)
		defer cancel()
		all, err := worker.Audiences(ctx, cluster, c)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []cobra.Completion
		for _, key := range keysOf(all) {
			found = append(found, cobra.CompletionWithDesc(key, all[key].State))
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}
