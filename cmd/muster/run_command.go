package main

import (
	"log/slog"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
)

func newRun(environ []string) *cobra.Command {
	s := settings{environ: environ}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the worker",
		Long: `Run the worker until it gets SIGINT or SIGTERM; then it finishes what is under way,
within about ten seconds, and leaves its groups. A second signal ends it at once, which
loses nothing either.

As many replicas as the sources have partitions can share the work; Kafka is what they
coordinate by. Topics of Muster's own are made when they are missing. While Kafka is
away the worker waits, and says so. Logs go to standard error; /livez, /readyz and
/metrics are served on http.listen. Traces, and metrics by OTLP, are sent when the
standard OTEL_… variables ask for it.`,
		Example: `  muster run --config muster.yaml
  muster run --config muster.yaml --stages membership
  muster run --config muster.yaml --set window=15m --set log.format=json
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
			w, err := worker.New(c, worker.Options{Version: version(), Logger: logger})
			if err != nil {
				return &usageError{err}
			}
			return w.Run(cmd.Context())
		},
	}
	s.add(cmd)
	s.name(cmd, "stages", "stages", "stages to run: membership, uploader, or both with a comma (key stages)")
	s.name(cmd, "state-dir", "state_dir", "directory of the local tables (key state_dir)")
	s.name(cmd, "http-listen", "http.listen", "address of /livez, /readyz and /metrics, or off (key http.listen)")
	s.name(cmd, "log-level", "log.level", "debug, info, warn or error (key log.level)")
	_ = cmd.RegisterFlagCompletionFunc("stages", cobra.FixedCompletions(
		[]string{config.StageMembership, config.StageUploader}, cobra.ShellCompDirectiveNoFileComp)) // as above
	return cmd
}

// complainRarely logs what OpenTelemetry's exporters cannot do, once a minute:
// a collector that is away fails every few seconds.
func complainRarely(logger *slog.Logger) otel.ErrorHandler {
	var mu sync.Mutex
	var last time.Time
	return otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(last) > time.Minute {
			last = time.Now()
			logger.Warn("telemetry cannot be sent", "error", err)
		}
	})
}
