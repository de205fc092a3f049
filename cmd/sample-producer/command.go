package main

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"

	"muster/cmd/internal/model"
)

// settings are what the flags say.
type settings struct {
	brokers    []string
	topicsOnly bool
	people     int
	audiences  int
	partitions int
	rate       float64
	history    time.Duration
	seed       uint64
}

func newCommand() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "sample-producer",
		Short: "Write the events of made-up people to Kafka, for ever",
		Long: `Write the events of made-up people to Kafka until SIGINT or SIGTERM.

It makes the five topics that are missing and writes to them, keyed by user:

  identify             emails, phones, names; and now and then who enters what
  audience-membership  who enters and leaves which audience
  profiles             the same, and a key without a value, which erases its user
  warehouse            reverse ETL of one audience, warehouse_customers
  lists                rows without users, of one audience, crm_list

A worker reads them with these sources:

  sources:
    - topic: identify
    - topic: audience-membership
    - {topic: profiles, tombstone: erase}
    - {topic: warehouse, audience: warehouse_customers}
    - {topic: lists, audience: crm_list}
  default_country: US

About one record in a hundred is no event, to show dead letters. The people do not
exist: their addresses end in example.com. The same seed makes the same people, so that
a producer that is started again goes on about them.`,
		Example: `  sample-producer --brokers kafka:9092
  sample-producer --brokers kafka:9092 --rate 200 --people 50000
  sample-producer --brokers kafka:9092 --topics-only`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := s.validate(); err != nil {
				return fmt.Errorf("check flags: %w", err)
			}
			return produce(cmd.Context(), s, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&s.brokers, "brokers", []string{"127.0.0.1:9092"}, "brokers to start from, host:port each")
	f.BoolVar(&s.topicsOnly, "topics-only", false, "make the topics that are missing, and end")
	f.IntVar(&s.people, "people", 2000, "how many people there are in the end, 10 to 1000000")
	f.IntVar(&s.audiences, "audiences", 8, "how many audiences there are, 4 to 100")
	f.IntVar(&s.partitions, "partitions", 4, "partitions of each topic, 1 to 1000; topics that are there need as many or more")
	f.Float64Var(&s.rate, "rate", 20, "records a second, 0.1 to 250")
	f.DurationVar(&s.history, "history", 2*time.Minute, "events of this long ago until now are written at once, 0 to 24h")
	f.Uint64Var(&s.seed, "seed", 1, "seed of everything random")
	return cmd
}

// validate returns every flag that is out of range.
func (s settings) validate() error {
	var errs []error
	within := func(flag string, value, from, to float64) {
		if value < from || value > to {
			errs = append(errs, fmt.Errorf("--%s is %v; it must be from %v to %v", flag, value, from, to))
		}
	}
	within("people", float64(s.people), 10, 1_000_000)
	within("audiences", float64(s.audiences), 4, 100)
	within("partitions", float64(s.partitions), 1, 1000)
	within("rate", s.rate, 0.1, 250)
	if s.history < 0 || s.history > 24*time.Hour {
		errs = append(errs, fmt.Errorf("--history is %s; it must be from 0 to 24h", s.history))
	}
	if len(s.brokers) == 0 {
		errs = append(errs, errors.New("--brokers is empty; name one or more brokers, such as kafka:9092"))
	}
	for _, b := range s.brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			errs = append(errs, fmt.Errorf("--brokers names %q; write host:port, such as kafka:9092", b))
		}
	}
	return errors.Join(errs...)
}

// tick is the time between two events.
func (s settings) tick() time.Duration { return time.Duration(float64(time.Second) / s.rate) }

// stream is what happens, from start on.
func (s settings) stream(start time.Time) *model.Stream {
	return model.New(model.Options{
		Seed: s.seed, People: s.people, Audiences: s.audiences, Partitions: s.partitions,
		Start: start, Tick: s.tick(), WellKeyed: true, Untold: true,
	})
}
