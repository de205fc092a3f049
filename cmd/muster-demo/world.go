package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"golang.org/x/sync/errgroup"

	"muster/cmd/internal/config"
	"muster/cmd/internal/model"
	"muster/cmd/internal/worker"
	"muster/uploader/facebook/graphtest"
)

const (
	partitions = 4
	replicas   = 2
	// stepsEach is how many things happen per person with --once.
	stepsEach = 6
	// tick is the time between two events, by the stream's own clock.
	tick = 5 * time.Millisecond
	// drainTime bounds the end of the replicas.
	drainTime = 15 * time.Second
)

// world is everything in this process but the replicas.
type world struct {
	settings settings
	network  *kfake.VirtualNetwork
	broker   *kfake.Cluster
	client   *kafka.Client
	graph    *graphtest.Server
	stream   *model.Stream
	events   *model.Publisher
}

// openWorld starts the broker, on a network in memory, and makes the rest.
func openWorld(s settings) (*world, error) {
	w := &world{settings: s, network: new(kfake.VirtualNetwork)}
	var err error
	w.broker, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(w.network.Listen), kfake.GroupMinSessionTimeout(time.Second))
	if err != nil {
		return nil, fmt.Errorf("start the broker: %w", err)
	}
	w.client = &kafka.Client{Addr: kafka.TCP(brokerAddr), Transport: &kafka.Transport{Dial: w.network.DialContext}}
	w.graph = graphtest.New(graphtest.Options{
		Accounts: []graphtest.Account{{ID: graphtest.DefaultAccount, Quota: graphtest.Quota{
			CallsPerHour: math.MaxInt32, ScoreMax: math.MaxInt32, ScoreDecay: time.Minute, ScoreBlock: time.Minute, Tier: "standard_access",
		}}},
		Latency: 100 * time.Millisecond,
		Random:  graphtest.RandomFaults{Rates: graphtest.EvenRates(s.faults, faultKinds...)},
		Seed:    s.seed,
	})
	steps := 0
	if s.once {
		steps = s.people * stepsEach
	}
	w.stream = model.New(model.Options{
		Seed: s.seed, People: s.people, Audiences: s.audiences, Partitions: partitions, Steps: steps,
		Start: time.Now(), Tick: tick, WellKeyed: true,
	})
	w.events = model.NewPublisher(w.client, w.stream)
	return w, nil
}

const brokerAddr = "localhost:9092"

// faultKinds are those after which a worker tries again within seconds.
var faultKinds = []graphtest.Kind{
	graphtest.Code1, graphtest.Code1_99, graphtest.Code2Transient, graphtest.HTTP500, graphtest.HTTP503,
	graphtest.HTML400, graphtest.HTML500, graphtest.Slow, graphtest.ResetBefore, graphtest.ResetAfter,
}

func (w *world) close() {
	w.client.Transport.(*kafka.Transport).CloseIdleConnections()
	w.broker.Close()
}

// config is the workers' configuration: short windows, all else as shipped.
func (w *world) config(replica int) *config.Config {
	c := config.Defaults()
	c.Kafka.Brokers = []string{brokerAddr}
	for _, t := range model.Topics() {
		source := config.Source{Topic: t.Name, Audience: t.Audience, Tombstone: "ignore"}
		if t.TombstoneErases {
			source.Tombstone = "erase"
		}
		c.Sources = append(c.Sources, source)
	}
	c.StateDir = fmt.Sprintf("replica-%d", replica)
	c.UserKeySecret = "no secret: these people are made up"
	c.Facebook.AdAccount = graphtest.DefaultAccount
	c.Facebook.AccessToken = graphtest.DefaultToken
	c.Facebook.RequestTimeout = 5 * time.Second
	c.Window = 2 * time.Second
	c.FirstSyncQuiet = time.Second
	c.MaxRemovedShare = 100 // nobody watches who could release
	c.DefaultCountry = model.DefaultCountry
	c.HTTP.Listen = config.Off
	c.Page.Listen = config.Off
	if replica == 1 && w.settings.page != "" {
		c.Page.Listen = w.settings.page // it shows both
	}
	return c
}

// workers makes the replicas. Their tables are in memory.
func (w *world) workers(log *slog.Logger) ([]*worker.Worker, error) {
	list := make([]*worker.Worker, replicas)
	for i := range list {
		var err error
		list[i], err = worker.New(w.config(i+1), worker.Options{
			Version: "demo", Dial: w.network.DialContext, Transport: w.graph.RoundTripper(), FS: vfs.NewMem(),
			Logger: log.With("replica", i+1),
		})
		if err != nil {
			return nil, fmt.Errorf("configure replica %d: %w", i+1, err)
		}
	}
	return list, nil
}

// runWorkers runs the replicas until ctx ends and drains them. A replica that
// fails ends all: the returned context says why.
func runWorkers(ctx context.Context, workers []*worker.Worker) (running context.Context, stop func() error) {
	ctx, cancel := context.WithCancelCause(ctx)
	var g errgroup.Group
	for i, wk := range workers {
		g.Go(func() error {
			err := wk.Run(ctx)
			if err == nil && ctx.Err() == nil {
				err = errors.New("it ended by itself")
			}
			if err != nil {
				err = fmt.Errorf("run replica %d: %w", i+1, err)
				cancel(err)
			}
			return err
		})
	}
	return ctx, func() error {
		cancel(nil)
		done := make(chan error, 1)
		go func() { done <- g.Wait() }()
		select {
		case err := <-done:
			return err
		case <-time.After(drainTime):
			return fmt.Errorf("stop the replicas: not done after %s", drainTime)
		}
	}
}
