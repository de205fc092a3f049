package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
)

// Input is one input topic of a stage.
type Input struct {
	Topic string
	// Start is where a group that has no committed offset begins: at the first
	// record not older than Start; the zero time is the earliest record (the
	// default: costly, never wrong).
	Start time.Time
	// SkipLost has a task go on at the earliest record when the one to read next is
	// not in the topic. Otherwise it stops until somebody decides (DataLossError).
	SkipLost bool
	// LossRemedy is what that somebody can do, for the error.
	LossRemedy string
}

// StageOptions configure a stage. Zero values take the defaults.
type StageOptions struct {
	Name   string // "membership", "uploader": for logs, metrics, directories
	Group  string // consumer group
	Inputs []Input
	// Changelog and DeadLetters are topics with as many partitions as each input.
	Changelog string
	// Stateless: the changelog holds fences only. It and DeadLetters need at least
	// as many partitions as the input, which may get more.
	Stateless   bool
	DeadLetters string
	// StateDir holds the tables, one directory a task, in <StateDir>/<Name>/<partition>.
	StateDir string
	// MaxTableAge is how long a table may have been away from its changelog. It
	// must be shorter than the changelog's delete.retention.ms. Default 6 days.
	MaxTableAge time.Duration
	New         func(TaskInfo) (Processor, error)

	// MaxBatchRecords bounds the records of one commit. A Processor that needs long
	// gets fewer, so that a rebalance need not wait. Default 5000.
	MaxBatchRecords int
	MaxBatchBytes   int           // bytes of one commit's records. Default 8 MiB
	MaxBatchWait    time.Duration // waiting for more records once one is there. Default 20 ms

	SessionTimeout    time.Duration // Default 30 s
	HeartbeatInterval time.Duration // kafka-go's and the lease's. Default 1 s
	RebalanceTimeout  time.Duration // Default 30 s
	DrainTimeout      time.Duration // finishing what is in flight on revocation. Default 10 s

	FetchMaxBytes int           // of one answer of one partition. Default 4 MiB
	FetchMaxWait  time.Duration // of an idle fetch. Default 500 ms

	Table  TableOptions
	Logger *slog.Logger
	Meter  metric.Meter
	// Tracer makes a poll and a process span for each batch; nil = none are made.
	Tracer trace.Tracer
}

func (o *StageOptions) setDefaults() {
	def := func(p *time.Duration, d time.Duration) {
		if *p == 0 {
			*p = d
		}
	}
	num := func(p *int, n int) {
		if *p == 0 {
			*p = n
		}
	}
	num(&o.MaxBatchRecords, 5000)
	num(&o.MaxBatchBytes, 8<<20)
	num(&o.FetchMaxBytes, 4<<20)
	def(&o.MaxBatchWait, 20*time.Millisecond)
	def(&o.SessionTimeout, 30*time.Second)
	def(&o.HeartbeatInterval, time.Second)
	def(&o.RebalanceTimeout, 30*time.Second)
	def(&o.DrainTimeout, 10*time.Second)
	def(&o.MaxTableAge, 6*24*time.Hour)
	def(&o.FetchMaxWait, 500*time.Millisecond)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Meter == nil {
		o.Meter = noop.Meter{}
	}
}

// Stage runs the tasks of one stage that the group assigns to this process.
type Stage struct {
	cluster *Cluster
	o       StageOptions
	log     *slog.Logger
	meters  meters
	spans   spans
	tables  tables
	unable  Repeats     // that no task can run
	unseen  atomic.Bool // the group was balanced here by a broker that does not know all inputs

	mu    sync.Mutex
	tasks map[int]*taskState
	err   error // why no task runs
	// letters are the dead letters written since the start, by reason.
	letters map[string]int64
}

// NewStage returns a Stage. It does not connect.
func NewStage(c *Cluster, o StageOptions) (*Stage, error) {
	if o.Name == "" || o.Group == "" || len(o.Inputs) == 0 || o.Changelog == "" || o.StateDir == "" || o.New == nil {
		return nil, errors.New("make stage: Name, Group, Inputs, Changelog, StateDir and New are required")
	}
	o.setDefaults()
	if o.DrainTimeout >= o.SessionTimeout {
		return nil, fmt.Errorf("make stage: drain time-out %s must be shorter than the session time-out %s", o.DrainTimeout, o.SessionTimeout)
	}
	s := &Stage{cluster: c, o: o, log: o.Logger.With("stage", o.Name), spans: newSpans(&o), tasks: map[int]*taskState{}, letters: map[string]int64{}}
	s.tables = tables{options: o.Table, dir: o.StateDir, stage: o.Name, log: s.log, closed: map[int]Position{}}
	m, err := newMeters(o.Meter, s)
	s.meters = m
	return s, err
}

// topics returns the names of the input topics.
func (s *Stage) topics() []string {
	names := make([]string, len(s.o.Inputs))
	for i, in := range s.o.Inputs {
		names[i] = in.Topic
	}
	return names
}

// Run consumes until ctx ends, then drains and leaves the group. It returns an
// error only for what no retry mends: a topic that is missing, or inputs that
// are not co-partitioned.
func (s *Stage) Run(ctx context.Context) error {
	if _, err := s.partitions(ctx); err != nil {
		return err
	}
	s.tables.survey()
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                s.o.Group,
		Brokers:           s.cluster.options.Brokers,
		Dialer:            s.cluster.dialer(),
		Topics:            s.topics(),
		GroupBalancers:    []kafka.GroupBalancer{&balancer{held: s.tables.held, topics: s.topics(), unseen: &s.unseen, log: s.log}},
		HeartbeatInterval: s.o.HeartbeatInterval,
		SessionTimeout:    s.o.SessionTimeout,
		RebalanceTimeout:  s.o.RebalanceTimeout,
		JoinGroupBackoff:  500 * time.Millisecond,
		Timeout:           s.cluster.options.RequestTimeout,
	})
	if err != nil {
		return fmt.Errorf("join group %s: %w", s.o.Group, err)
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		<-ctx.Done()
		_ = group.Close() // always nil; ends the generation, which drains, then leaves
	}()
	s.generations(ctx, group)
	<-closed
	return nil
}

// generations runs one generation after the other until ctx ends.
func (s *Stage) generations(ctx context.Context, group *kafka.ConsumerGroup) {
	failures := Repeats{Patience: 10} // a fresh cluster has no coordinator for some seconds
	for ctx.Err() == nil {
		gen, err := group.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, kafka.RebalanceInProgress):
			continue // the join goes on
		case err != nil:
			failures.Failed(ctx, s.log, slog.LevelWarn, "cannot join the group yet, trying again", "group", s.o.Group, "error", err)
			continue // kafka-go waits before it tries again
		}
		failures.Recovered(ctx, s.log, "joined the group again", "group", s.o.Group)
		done := make(chan struct{})
		gen.Start(func(gctx context.Context) {
			defer close(done)
			s.generation(gctx, gen)
		})
		<-done
	}
}

// partitions returns the partition count that all inputs and the changelog
// share.
func (s *Stage) partitions(ctx context.Context) (int, error) {
	own := []string{s.o.Changelog}
	if s.o.Stateless && s.o.DeadLetters != "" {
		own = append(own, s.o.DeadLetters)
	}
	counts, err := s.cluster.Partitions(ctx, append(s.topics(), own...)...)
	if err != nil {
		return 0, err
	}
	first := s.o.Inputs[0].Topic
	n := counts[first]
	for _, in := range s.o.Inputs {
		if counts[in.Topic] != n {
			return 0, fmt.Errorf("inputs of stage %s have different partition counts (%q %d, %q %d): a user's records would meet different tasks; "+
				"give the sources one count, or set sources[].repartition: true on all of them", s.o.Name, first, n, in.Topic, counts[in.Topic])
		}
	}
	for _, t := range own {
		switch have := counts[t]; {
		case s.o.Stateless && have < n:
			return 0, fmt.Errorf("input %q of stage %s has %d partitions, %q only %d: %s", first, s.o.Name, n, t, have, growCommand(t, n))
		case !s.o.Stateless && have != n:
			return 0, fmt.Errorf("inputs of stage %s have %d partitions (%q), its changelog %q has %d: keys would meet other tasks than before; "+
				"begin anew with another group and topics.prefix", s.o.Name, n, first, t, have)
		}
	}
	return n, nil
}
