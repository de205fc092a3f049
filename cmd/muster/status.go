package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/consumer"
)

func newStatus(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var asJSON, once bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show all audiences and replicas, live",
		Long: `Show what the status page shows (page.listen): what needs attention, all audiences of all
replicas, ad accounts, replicas with their tasks, dead letters by reason.

On a terminal it is brought up to date until Ctrl-C; elsewhere, or with --once, it is
printed once. It is read from Kafka, muster.audiences and muster.replicas: no replica is
called, and it works while none runs.`,
		Example: `  muster status --config muster.yaml
  muster status --config muster.yaml --once
  muster status --config muster.yaml --json | jq .sum`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(true, (*config.Config).ValidateKafka)
			if err != nil {
				return err
			}
			return withCluster(cmd, c, func(ctx context.Context, cluster *consumer.Cluster) error {
				out := cmd.OutOrStdout()
				board, err := worker.ReadStatus(ctx, cluster, c)
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(out, board.Overview(time.Now()))
				}
				f, _ := out.(*os.File)
				terminal := f != nil && term.IsTerminal(int(f.Fd()))
				look := statusLook{colour: terminal && s.variable("NO_COLOR") == ""}
				if once || !terminal {
					_, err := io.WriteString(out, look.text(board.Overview(time.Now())))
					return err
				}
				live := statusLive{
					out: out, look: look, size: func() (width, height int, err error) { return term.GetSize(int(f.Fd())) },
					follow: func(ctx context.Context) { worker.FollowStatus(ctx, board, cluster, c, slog.New(slog.DiscardHandler)) },
				}
				return live.run(ctx, board)
			})
		},
	}
	s.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&once, "once", false, "print it once, on a terminal too")
	cmd.MarkFlagsMutuallyExclusive("json", "once")
	return cmd
}
