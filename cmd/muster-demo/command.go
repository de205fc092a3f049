package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
)

// settings are what the flags say.
type settings struct {
	once      bool
	people    int
	audiences int
	seed      uint64
	faults    float64
	log       string
	page      string // address of the status page; "" = none
}

func newCommand() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:           "muster-demo",
		Short:         "Show Muster at work: broker, Graph API, two replicas and made-up people in one process",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := s.validate(); err != nil {
				return err
			}
			if s.page == config.Off || s.once && !cmd.Flags().Changed("page") {
				s.page = ""
			}
			return run(cmd.Context(), s, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.BoolVar(&s.once, "once", false, "end when the stream is over and Facebook has converged; compare, and tell by the exit status")
	f.IntVar(&s.people, "people", 4000, "how many people there are, 10 to 100000")
	f.IntVar(&s.audiences, "audiences", 6, "how many audiences there are, 4 to 100")
	f.Uint64Var(&s.seed, "seed", uint64(time.Now().Unix()), "seed of everything random; the same seed, the same events")
	f.Float64Var(&s.faults, "faults", 0.05, "share of requests that Facebook fails, 0 to 0.5")
	f.StringVar(&s.page, "page", config.Defaults().Page.Listen, "address of the status page, or off; with --once there is none unless it is given")
	f.StringVar(&s.log, "log", "", "file to append the workers' logs to")
	return cmd
}

func (s settings) validate() error {
	var errs []error
	if s.people < 10 || s.people > 100_000 {
		errs = append(errs, fmt.Errorf("--people %d: want 10 to 100000", s.people))
	}
	if s.audiences < 4 || s.audiences > 100 {
		errs = append(errs, fmt.Errorf("--audiences %d: want 4 to 100", s.audiences))
	}
	if s.faults < 0 || s.faults > 0.5 {
		errs = append(errs, fmt.Errorf("--faults %g: want 0 to 0.5", s.faults))
	}
	return errors.Join(errs...)
}

// openLog opens the file for the workers' logs, or what swallows them.
func (s settings) openLog() (*os.File, error) {
	name := s.log
	if name == "" {
		name = os.DevNull
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return f, nil
}
