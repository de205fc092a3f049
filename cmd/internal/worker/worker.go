package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/sync/errgroup"

	"muster/cmd/internal/config"
	"muster/cmd/internal/status"
	"muster/consumer"
	"muster/membership"
	"muster/uploader"
)

// cacheBytes is the block cache that all tasks of a worker share.
const cacheBytes = 128 << 20

// Worker is one replica: the configured stages, wired.
type Worker struct {
	config  *config.Config
	options Options
	log     *slog.Logger
	health  membership.Health
	uploads uploader.Health
	board   status.Board  // what all replicas say, while the page is served
	cache   *pebble.Cache // while Run runs
	disk    chan error    // why the disk of the tables has failed
	mute    bool          // nothing can be said to other replicas; set before stages run

	mu         sync.Mutex
	dry        *dryRun // in a dry run, once the stages are open
	stages     []*consumer.Stage
	token      *tokenWatch
	waitingFor string
}

// New checks the configuration and makes a worker. It does no I/O but to look
// whether the files that the configuration names are there. All mistakes are
// returned at once.
func New(c *config.Config, o Options) (*Worker, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Logger = slog.New(traced{o.Logger.Handler()})
	return &Worker{config: c, options: o, log: o.Logger, waitingFor: "not running yet", disk: make(chan error, 1)}, nil
}

// Run works until ctx ends, then drains and returns nil. It returns an error for
// what no waiting mends: a source that does not exist, a topic with a wrong
// setting, a taken port. It is called once. Where it returns because a disk has
// failed, goroutines that wait for that disk are left: the process must end.
func (w *Worker) Run(ctx context.Context) (err error) {
	telemetry, err := openTelemetry(ctx, w.options)
	if err != nil {
		return err
	}
	defer func() { w.closeTelemetry(ctx, telemetry) }()
	if telemetry.logs != nil {
		w.log = alsoTo(w.log, telemetry.logs)
		w.options.Logger = w.log
	}

	stopHTTP, err := w.serve(ctx, "http", w.config.HTTP.Listen, w.handler(telemetry.scrape))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopHTTP()) }()
	looking, stopLooking := context.WithCancel(ctx)
	stopPage, err := w.serve(ctx, "page", w.config.Page.Listen, w.page(looking))
	if err != nil { // the audiences do not need the page, and a second replica on a host finds its port taken
		w.log.Warn("no status page here", "error", err)
		stopPage = func() error { return nil }
	}
	defer func() { err = errors.Join(err, stopPage()) }()
	defer stopLooking()

	cluster, err := Cluster(w.config, w.options)
	if err != nil {
		return err
	}
	defer cluster.Close()

	w.cache = pebble.NewCache(cacheBytes)
	defer w.cache.Unref()
	unobserve, err := w.observe(telemetry.meters.Meter(scope), w.cache)
	if err != nil {
		return fmt.Errorf("make instruments: %w", err)
	}
	defer func() { err = errors.Join(err, unobserve()) }()

	stages, err := w.open(ctx, cluster, telemetry)
	if err != nil {
		if ctx.Err() != nil {
			return nil // asked to stop while waiting
		}
		return err
	}
	watch, err := w.tokenWatch(telemetry)
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.token = watch
	w.mu.Unlock()
	defer context.AfterFunc(ctx, func() { w.log.Info("stopping, finishing what is under way") })()
	group, running := errgroup.WithContext(ctx)
	for _, stage := range stages {
		group.Go(func() error { return stage.Run(running) })
	}
	group.Go(func() error { watch.run(running); return nil })
	if !w.mute {
		group.Go(func() error { w.reporter(cluster).run(running); return nil })
	}
	group.Go(func() error { w.follow(running, cluster); return nil })
	ended := make(chan error, 1)
	go func() { ended <- group.Wait() }()
	select {
	case err := <-ended:
		if err != nil && ctx.Err() == nil {
			return err
		}
	case err := <-w.disk:
		return fmt.Errorf("keep tables in state_dir %s: %w; make room on that disk or give another one: whatever is missing there is restored from Kafka", w.config.StateDir, err)
	}
	w.log.Info("stopped")
	return nil
}

// DryRun is what a dry run would have written to Facebook so far.
func (w *Worker) DryRun() []DryAudience {
	w.mu.Lock()
	dry := w.dry
	w.mu.Unlock()
	if dry == nil {
		return nil
	}
	return dry.report()
}

// open waits for Kafka, sees to the topics and makes the stages.
func (w *Worker) open(ctx context.Context, cluster *consumer.Cluster, t *telemetry) ([]*consumer.Stage, error) {
	w.wait("Kafka at " + fmt.Sprint(w.config.Kafka.Brokers))
	w.log.Info("connecting", "brokers", w.config.Kafka.Brokers, "stages", w.config.Stages)
	id, err := cluster.ID(ctx)
	if err != nil {
		return nil, err
	}
	w.wait("the topics")
	counts, err := LookAtSources(ctx, cluster, w.config)
	if err != nil {
		return nil, err
	}
	if err := refuseSwitch(ctx, cluster, w.config, installation(w.config, id), counts); err != nil {
		return nil, err
	}
	if err := w.ensure(ctx, cluster, Topics(w.config, counts)); err != nil {
		return nil, err
	}
	var stages []*consumer.Stage
	if w.config.Runs(config.StageMembership) {
		if stages, err = w.readers(ctx, cluster, t, counts, id); err != nil {
			return nil, err
		}
	}
	if w.config.Runs(config.StageUploader) {
		stage, err := w.uploader(cluster, t, id)
		if err != nil {
			return nil, err
		}
		stages = append(stages, stage)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stages = stages
	w.log.Info("running", "cluster", id, "partitions", counts, "stages", w.config.Stages)
	return stages, nil
}

// readers makes the stages that read the sources, up to and with membership.
func (w *Worker) readers(ctx context.Context, cluster *consumer.Cluster, t *telemetry, counts Counts, clusterID string) ([]*consumer.Stage, error) {
	d, err := w.decoding(ctx, cluster)
	if err != nil {
		return nil, err
	}
	var stages []*consumer.Stage
	if w.config.Repartitions() {
		for i := range w.config.Sources {
			stage, err := w.repartition(cluster, t, d, i, counts)
			if err != nil {
				return nil, err
			}
			stages = append(stages, stage)
		}
	}
	stage, err := w.membership(cluster, t, d, counts.members(w.config), clusterID)
	if err != nil {
		return nil, err
	}
	return append(stages, stage), nil
}

// diskFailed has Run return, whatever still waits for the disk. Its caller can
// neither go on nor be ended.
func (w *Worker) diskFailed(err error) {
	select {
	case w.disk <- err:
	default: // it is not the first
	}
	select {}
}

func (w *Worker) wait(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waitingFor = "waiting for " + what
}

// closeTelemetry gives a collector that is away no more than a few seconds.
func (w *Worker) closeTelemetry(ctx context.Context, t *telemetry) {
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := t.close(grace); err != nil {
		w.log.Warn("the last spans and measurements are lost", "error", err)
	}
}
