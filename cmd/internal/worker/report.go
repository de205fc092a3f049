package worker

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"

	"muster/cmd/internal/config"
	"muster/cmd/internal/status"
	"muster/consumer"
	"muster/schema/musterpb"
)

const (
	// reportLook is how often a replica looks whether it has something new to say.
	reportLook = 5 * time.Second
	// reportPatience is how long one report may take to be written, and lastPatience
	// the one that says that the replica has stopped: it must not hold that up.
	reportPatience = 10 * time.Second
	lastPatience   = 2 * time.Second
)

// reporter writes what this replica is doing to muster.replicas: at once when a state
// changes, and every [status.SayEvery], for what only moves. What cannot be written is
// not said again: nothing but what is shown depends on it.
type reporter struct {
	status  func() Status
	append  func(ctx context.Context, key, value []byte) error
	name    string
	host    string
	version string
	started time.Time
	log     *slog.Logger

	said   time.Time
	shape  *musterpb.Replica // what was said, without what only moves
	failed bool
}

func (w *Worker) reporter(cluster *consumer.Cluster) *reporter {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	topic := w.config.Topic(config.TopicReplicas)
	return &reporter{
		status: w.ofItself, name: uuid.NewString(), host: host, version: w.options.Version, started: time.Now(), log: w.log,
		append: func(ctx context.Context, key, value []byte) error {
			_, err := cluster.Append(ctx, topic, 0, []consumer.Message{{Key: key, Value: value}})
			return err
		},
	}
}

// run reports until ctx ends, and then that the replica has stopped.
func (r *reporter) run(ctx context.Context) {
	look := time.NewTicker(reportLook)
	defer look.Stop()
	for {
		r.look(ctx, time.Now())
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastPatience)
			defer cancel()
			r.write(last, nil)
			return
		case <-look.C:
		}
	}
}

// look says what is new.
func (r *reporter) look(ctx context.Context, now time.Time) {
	said := r.report(now)
	shape := shapeOf(said)
	if now.Sub(r.said) < status.SayEvery && shape.EqualVT(r.shape) {
		return
	}
	value, err := said.MarshalVT()
	if err != nil {
		return // no field of the message can fail
	}
	r.said, r.shape = now, shape
	r.write(ctx, value)
}

func (r *reporter) write(ctx context.Context, value []byte) {
	within, cancel := context.WithTimeout(ctx, reportPatience)
	defer cancel()
	switch err := r.append(within, []byte(r.name), value); {
	case err == nil:
		r.failed = false
	case value == nil: // others see it by its silence
	case ctx.Err() != nil: // it stops, and says so next
	case !r.failed:
		r.failed = true
		r.log.Warn("cannot say what this replica is doing, for the status page; everything else goes on", "error", err)
	}
}

func (r *reporter) report(now time.Time) *musterpb.Replica {
	s := r.status()
	m := &musterpb.Replica{
		Host: r.host, Version: r.version, StartedMs: r.started.UnixMilli(), SaidMs: now.UnixMilli(),
		State: string(s.State), Reasons: s.Reasons,
	}
	letters := map[string]int64{}
	for _, stage := range s.Stages {
		for reason, n := range stage.DeadLetters {
			letters[reason] += n
		}
		for _, t := range stage.Tasks {
			n := &musterpb.TaskNote{
				Stage: stage.Name, Partition: int32(t.Partition), State: string(t.State), Unfenced: t.Guard.Unfenced(),
				Lag: tallies(t.Lag), RestoreDone: t.RestoreDone, RestoreTotal: t.RestoreTotal,
			}
			if t.Err != nil {
				n.Error = t.Err.Error()
			}
			m.Tasks = append(m.Tasks, n)
		}
	}
	m.DeadLetters = tallies(letters)
	return m
}

// tallies are numbers by name.
func tallies(of map[string]int64) []*musterpb.Tally {
	list := make([]*musterpb.Tally, 0, len(of))
	for name, n := range of {
		list = append(list, &musterpb.Tally{Of: name, Count: n})
	}
	slices.SortFunc(list, func(a, b *musterpb.Tally) int { return cmp.Compare(a.Of, b.Of) })
	return list
}

// shapeOf is a report without what moves all the time.
func shapeOf(r *musterpb.Replica) *musterpb.Replica {
	s := &musterpb.Replica{State: r.State}
	for _, t := range r.Tasks {
		s.Tasks = append(s.Tasks, &musterpb.TaskNote{Stage: t.Stage, Partition: t.Partition, State: t.State, Unfenced: t.Unfenced})
	}
	return s
}
