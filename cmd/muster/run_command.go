package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/consumer"
)

func newRun(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var dry bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the worker",
		Long: `Run the worker until it gets SIGINT or SIGTERM; then it finishes what is under way,
within about ten seconds, and leaves its groups. A second signal ends it at once, which
loses nothing either.

As many replicas as the sources have partitions can share the work; Kafka is what they
coordinate by. Topics of Muster's own are made when they are missing. While Kafka is
away the worker waits, and says so. Logs go to standard error; /livez, /readyz and
/metrics are served on http.listen. Traces, and metrics and the log by OTLP, are sent
when the standard OTEL_… variables ask for it.

With --dry-run everything is done but the writes to Facebook, beside the real worker:
in the consumer group and state directory with -dry-run behind their names, and own
topics with dry-run. behind topics.prefix. It reads the sources from their beginning,
logs each request that would be made, and prints at the end what would have been sent
to which audience. It does not know what the real worker has sent: it finds audiences
that exist, and shows each sent whole. What it leaves in Kafka and on disk may be
deleted afterwards.`,
		Example: `  muster run --config muster.yaml
  muster run --config muster.yaml --stages membership
  muster run --config muster.yaml --set window=15m --set log.format=json
  muster run --config muster.yaml --dry-run
  MUSTER_FACEBOOK_ACCESS_TOKEN=… muster run --config muster.yaml
  OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 muster run --config muster.yaml`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(true, (*config.Config).Validate)
			if err != nil {
				return err
			}
			logger := worker.Logger(c.Log, cmd.ErrOrStderr())
			otel.SetErrorHandler(complainRarely(logger))
			if dry {
				listen := c.HTTP.Listen
				if c = c.ForDryRun(); cmd.Flags().Changed("http-listen") {
					c.HTTP.Listen = listen
				}
			}
			w, err := worker.New(c, worker.Options{Version: version(), Logger: logger})
			if err != nil {
				return &usageError{err}
			}
			err = w.Run(cmd.Context())
			if dry {
				err = errors.Join(err, showDryRun(cmd.OutOrStdout(), w.DryRun()))
			}
			return err
		},
	}
	s.add(cmd)
	cmd.Flags().BoolVar(&dry, "dry-run", false, "write nothing to Facebook, and disturb nothing: see above")
	s.name(cmd, "stages", "stages", "stages to run: membership, uploader, or both with a comma (key stages)")
	s.name(cmd, "state-dir", "state_dir", "directory of the local tables (key state_dir)")
	s.name(cmd, "http-listen", "http.listen", "address of /livez, /readyz and /metrics, or off (key http.listen)")
	s.name(cmd, "log-level", "log.level", "debug, info, warn or error (key log.level)")
	_ = cmd.RegisterFlagCompletionFunc("stages", cobra.FixedCompletions(
		[]string{config.StageMembership, config.StageUploader}, cobra.ShellCompDirectiveNoFileComp)) // as above
	return cmd
}

// showDryRun prints what a dry run would have written.
func showDryRun(w io.Writer, audiences []worker.DryAudience) error {
	if len(audiences) == 0 {
		_, err := fmt.Fprintln(w, "Nothing would have been sent.")
		return err
	}
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "WOULD HAVE BEEN SENT TO\tFACEBOOK\tREQUESTS\tADDED\tREMOVED")
	for _, a := range audiences {
		id := string(a.ID)
		if a.Created {
			id = "created"
		}
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%d\n", a.Name, id, a.Requests, a.Added, a.Removed)
	}
	return out.Flush()
}

// complainRarely logs what OpenTelemetry's exporters cannot do, once a minute:
// a collector that is away fails every few seconds.
func complainRarely(logger *slog.Logger) otel.ErrorHandler {
	var repeats consumer.Repeats
	return otel.ErrorHandlerFunc(func(err error) {
		repeats.Failed(context.Background(), logger, slog.LevelWarn, "telemetry cannot be sent", "error", err)
	})
}
