package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"muster/cmd/internal/config"
	"muster/cmd/internal/model"
)

// replay carries out the steps of the groups: all workers stop, the offsets of a
// group go back, and all go on.
func (r *run) replay(ctx context.Context) error {
	for _, s := range r.plan.group {
		if err := r.due(ctx, s); err != nil {
			return err
		}
		if err := r.rewind(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.kind, err)
		}
	}
	return nil
}

func (r *run) rewind(ctx context.Context, s step) error {
	var stopped []*worker
	for _, w := range r.workers {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.look(); w.running() {
			stopped = append(stopped, w)
			w.stop(ctx)
		}
	}
	r.did(s.kind, "")
	if err := wait(ctx, s.hold); err != nil {
		return err
	}
	// A member that was killed stays in the group until its session ends, and
	// brokers may be down.
	var moved int64
	err := until(ctx, time.Minute, 500*time.Millisecond, func() (err error) {
		moved, err = r.rewindOnce(ctx, s)
		return err
	})
	if err != nil {
		return err
	}
	r.note("rewound by %d records", moved)
	for _, w := range stopped {
		if err := w.start(); err != nil {
			return err
		}
	}
	return nil
}

// rewindOnce sets the offsets back, never forth.
func (r *run) rewindOnce(ctx context.Context, s step) (moved int64, err error) {
	dice := rand.New(rand.NewPCG(s.n, 1))
	group, topics := r.stage(config.StageMembership)
	if s.kind == replayMembers {
		group, topics = r.stage(config.StageUploader)
	}
	now, err := committed(ctx, r.client, group, topics, r.plan.size.partitions)
	if err != nil {
		return 0, err
	}
	target := make(offsets)
	switch s.kind {
	case replayTime:
		at := streamStart.Add(time.Duration(dice.Int64N(int64(r.plan.size.steps) * int64(tick))))
		if target, err = listOffsets(ctx, r.client, topics, r.plan.size.partitions, timeOf(at)); err != nil {
			return 0, err
		}
	case replayRandom:
		for _, topic := range topics {
			for p := range r.plan.size.partitions {
				target.set(topic, p, dice.Int64N(max(1, now[topic][p])))
			}
		}
	}
	to := make(offsets)
	now.each(func(topic string, p int, at int64) {
		if want := target[topic][p]; want >= 0 && want < at {
			to.set(topic, p, want)
			moved += at - want
		}
	})
	if len(to) == 0 {
		return 0, nil
	}
	return moved, commit(ctx, r.client, group, to)
}

// stage is a stage's group and inputs.
func (r *run) stage(name string) (group string, topics []string) {
	group = r.group + "-" + name
	if name == config.StageUploader {
		return group, []string{r.own(config.TopicMembers)}
	}
	for _, t := range model.Topics() {
		topics = append(topics, r.prefix+t.Name)
	}
	return group, topics
}
