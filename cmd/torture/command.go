package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

// settings are what the flags say.
type settings struct {
	runs     int
	seed     uint64
	duration time.Duration
	results  string
	keep     string
	converge time.Duration
	size     size
}

// size is how much happens in a run.
type size struct {
	people, hot, audiences, steps, partitions int
	chaos                                     time.Duration // how long things break
}

func newCommand(out io.Writer) *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "torture",
		Short: "Break everything around the worker and judge what is left",
		Long: `Run the built worker on a real three-broker Kafka and the Graph API emulator, all of
them processes, while processes are killed and frozen, disks lost, connections cut
and requests refused; then compare every audience with an independent model, row by row.

With --runs, the seeds --seed to --seed+RUNS-1 are run; those that the results file says
have passed are left out, so that a long series can be interrupted. With --duration,
fresh seeds are run until the time is over.

Needs Go, Java 17 and Maven.`,
		Example: `  torture --seed 7 --runs 1
  torture --seed 1 --runs 200
  torture --duration 15m`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.runs < 1 && s.duration <= 0 {
				return errors.New("neither --runs nor --duration is above zero: say how much to run")
			}
			if !cmd.Flags().Changed("seed") {
				s.seed = rand.Uint64N(1 << 40)
			}
			return runSeries(cmd.Context(), s, out)
		},
	}
	f := cmd.Flags()
	f.IntVar(&s.runs, "runs", 1, "number of seeds to run; not used with --duration")
	f.Uint64Var(&s.seed, "seed", 0, "first seed (default: by chance)")
	f.DurationVar(&s.duration, "duration", 0, "begin no further run after this time")
	f.StringVar(&s.results, "results", filepath.Join(os.TempDir(), "muster-torture.jsonl"), "file of the seeds that passed; empty: remember none")
	f.StringVar(&s.keep, "keep", os.TempDir(), "directory under which a failed run's logs and journal are kept")
	f.DurationVar(&s.converge, "converge", 5*time.Minute, "longest wait for Facebook to hold what the events say, once nothing breaks any more")
	f.IntVar(&s.size.people, "people", 2500, "people in the stream")
	f.IntVar(&s.size.hot, "hot", 24, "people at a time who enter and leave again and again")
	f.IntVar(&s.size.audiences, "audiences", 20, "audiences in the stream")
	f.IntVar(&s.size.steps, "steps", 12_000, "events, about")
	f.IntVar(&s.size.partitions, "partitions", 4, "partitions of every topic")
	f.DurationVar(&s.size.chaos, "chaos", 40*time.Second, "how long things break in a run")
	return cmd
}
