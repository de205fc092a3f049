package consumer

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// copartitionEvery is how often the partition counts are looked at again.
const copartitionEvery = time.Minute

// rejoinAfter gives brokers time to learn of a topic.
const rejoinAfter = time.Second

// generation runs the tasks of one generation until it ends: revoked (drain,
// commit, release) or lost (drop everything at once).
func (s *Stage) generation(revoked context.Context, gen *kafka.Generation) {
	m := member{group: s.o.Group, id: gen.MemberID, generation: gen.ID}
	// ctx lives on while the tasks drain, and ends at once when they are lost.
	ctx, lose := context.WithCancelCause(context.Background())
	defer lose(nil)

	if s.unseen.Swap(false) {
		s.log.Info("a broker does not know all inputs yet, so no task was assigned; joining again", "generation", gen.ID)
		wait(revoked, rejoinAfter)
		return
	}
	mine := s.assigned(gen)
	s.log.Info("assigned", "group", s.o.Group, "generation", gen.ID, "tasks", mine)
	n, err := s.partitions(revokedContext(ctx, revoked))
	if err != nil {
		s.fail(err)
		if revoked.Err() == nil {
			s.unable.Failed(revoked, s.log, slog.LevelError, "no task can run, looking again in a while", "error", err)
			wait(revoked, copartitionEvery/2)
		}
		return
	}
	s.fail(nil)
	s.unable.Recovered(revoked, s.log, "tasks can run again")

	lease := newGroupLease(s.o.SessionTimeout, s.o.RebalanceTimeout)
	if err := lease.acquire(revokedContext(ctx, revoked), s.cluster, m); err != nil {
		if revoked.Err() == nil && !errors.Is(err, kafka.RebalanceInProgress) {
			s.log.Warn("lost all tasks before they began, joining again", "generation", gen.ID, "error", err)
		}
		return
	}
	var beats, tasks sync.WaitGroup
	beats.Go(func() {
		if err := lease.run(ctx, s.cluster, m, s.o.HeartbeatInterval); err != nil {
			lose(err)
		}
	})
	for _, p := range mine {
		t := newTask(s, TaskInfo{Stage: s.o.Name, Partition: p, Partitions: n, Generation: gen.ID, Lease: lease}, m)
		tasks.Go(func() {
			if err := t.run(ctx, revoked); errors.Is(err, errLost) {
				lose(err)
			}
		})
	}
	stop := make(chan struct{})
	beats.Go(func() { s.watch(ctx, stop, n, lose) })
	select {
	case <-revoked.Done():
	case <-ctx.Done():
		if revoked.Err() == nil {
			s.log.Warn("lost all tasks, joining again", "generation", gen.ID, "error", context.Cause(ctx))
		}
	}
	tasks.Wait()
	close(stop)
	lose(nil)
	beats.Wait()
	s.forget(mine)
}

// watch ends the generation when the partition count changes: keys then meet
// other tasks, and the next generation refuses to run until that is mended.
func (s *Stage) watch(ctx context.Context, stop chan struct{}, n int, lose context.CancelCauseFunc) {
	t := time.NewTicker(copartitionEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-stop:
			return
		case <-t.C:
		}
		now, err := s.partitions(ctx)
		if ctx.Err() == nil && (err != nil || now != n) {
			lose(errors.Join(errors.New("partition counts changed"), err))
			return
		}
	}
}

// assigned returns the partitions this member has of every input.
func (s *Stage) assigned(gen *kafka.Generation) []int {
	counts := map[int]int{}
	for _, in := range s.o.Inputs {
		for _, a := range gen.Assignments[in.Topic] {
			counts[a.ID]++
		}
	}
	var mine []int
	for p, n := range counts {
		if n == len(s.o.Inputs) {
			mine = append(mine, p)
		}
	}
	sortInts(mine)
	return mine
}

// revokedContext returns ctx, ended also by revoked.
func revokedContext(ctx, revoked context.Context) context.Context {
	c, cancel := context.WithCancel(ctx)
	context.AfterFunc(revoked, cancel)
	return c
}

// wait waits for d or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
