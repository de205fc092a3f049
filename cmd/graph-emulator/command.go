package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/uploader/facebook/graphtest"
)

// config is what the flags say.
type config struct {
	listen      string
	adminListen string
	accounts    []string
	token       string
	limited     bool
	unmetered   bool
	clientPath  bool
	applyDelay  time.Duration
	latency     time.Duration
	reorder     time.Duration
	unknown     time.Duration
	faultRate   float64
	faultKinds  []string
	faultDelay  time.Duration
	seed        uint64
}

func newCommand() *cobra.Command {
	var c config
	cmd := &cobra.Command{
		Use:           "graph-emulator",
		Short:         "Serve an emulated Graph API with Custom Audiences",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts, err := c.options()
			if err != nil {
				return err
			}
			srv := graphtest.New(opts)
			return serve(cmd.Context(), c.listen, c.adminListen, c.api(srv), srv.Admin(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.listen, "listen", "127.0.0.1:8090", "address of the Graph API")
	f.StringVar(&c.adminListen, "admin-listen", "127.0.0.1:8091", "address of journal, audiences and faults; no authentication")
	f.StringArrayVar(&c.accounts, "account", []string{graphtest.DefaultAccount}, "ad account id; repeatable")
	f.StringVar(&c.token, "token", graphtest.DefaultToken, "access token that may do everything")
	f.BoolVar(&c.limited, "limited-tier", false, "quotas of the limited access tier: about 20 writes in 5 minutes")
	f.BoolVar(&c.unmetered, "unmetered", false, "quotas that nobody uses up")
	f.BoolVar(&c.clientPath, "client-in-path", false, "the first segment of every path names the client, for the journal")
	f.DurationVar(&c.applyDelay, "apply-delay", 0, "time between accepting rows and applying them")
	f.DurationVar(&c.latency, "latency", 0, "time before each answer")
	f.DurationVar(&c.reorder, "reorder", 0, "apply overlapping requests in any order within this span")
	f.DurationVar(&c.unknown, "unknown-answer-window", 0, "note opposite operations this soon after an unknown answer")
	f.Float64Var(&c.faultRate, "fault-rate", 0, "chance of a fault per request, 0 to 1, spread evenly over the kinds")
	f.StringSliceVar(&c.faultKinds, "fault-kinds", nil, "kinds of faults by chance (default: those every client must survive)")
	f.DurationVar(&c.faultDelay, "fault-delay", 0, "delay of slow and time-out faults by chance")
	f.Uint64Var(&c.seed, "seed", 1, "seed of everything random")
	return cmd
}

// options checks the flags, all of them, and makes the emulator's options.
func (c config) options() (graphtest.Options, error) {
	var problems []string
	if c.faultRate < 0 || c.faultRate > 1 {
		problems = append(problems, fmt.Sprintf("--fault-rate is %v; it must be from 0 to 1", c.faultRate))
	}
	if c.token == "" {
		problems = append(problems, "--token is empty; give the token that clients use")
	}
	kinds := graphtest.EverydayKinds()
	if len(c.faultKinds) > 0 {
		kinds = nil
	}
	for _, name := range c.faultKinds {
		k := graphtest.Kind(name)
		if !slices.Contains(graphtest.Kinds(), k) {
			problems = append(problems, fmt.Sprintf("--fault-kinds names %q; known are %v", name, graphtest.Kinds()))
		}
		kinds = append(kinds, k)
	}
	if c.limited && c.unmetered {
		problems = append(problems, "--limited-tier and --unmetered are both given; leave one out")
	}
	if len(problems) > 0 {
		return graphtest.Options{}, fmt.Errorf("check flags: %s", strings.Join(problems, "; "))
	}
	opts := graphtest.Options{
		Tokens:     []graphtest.Token{{Value: c.token}},
		ApplyDelay: c.applyDelay, Latency: c.latency, ReorderSpan: c.reorder, UnknownAnswerWindow: c.unknown, Seed: c.seed,
	}
	if c.clientPath {
		opts.ClientHeader = clientHeader
	}
	for _, id := range c.accounts {
		a := graphtest.Account{ID: id, Name: "Emulated account"}
		if c.limited {
			a.Quota = graphtest.LimitedTier()
		}
		if c.unmetered {
			a.Quota = graphtest.Unmetered()
		}
		opts.Accounts = append(opts.Accounts, a)
	}
	if c.faultRate > 0 {
		opts.Random = graphtest.RandomFaults{Rates: graphtest.EvenRates(c.faultRate, kinds...), Delay: c.faultDelay}
	}
	return opts, nil
}
