package worker

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/consumer"
)

// State is what a worker is doing; doc.go draws it.
type State string

// The states of a worker.
const (
	Starting  State = "starting"
	Restoring State = "restoring"
	Degraded  State = "degraded"
	Blocked   State = "blocked"
	Ready     State = "ready"
)

// Status is a moment of a worker.
type Status struct {
	State State
	// Reasons say why it is not ready, one line each.
	Reasons []string
	Stages  []consumer.StageStatus
}

// Serving reports whether the worker does all its work that nobody blocks.
func (s Status) Serving() bool { return s.State == Ready || s.State == Blocked }

// Status returns what the worker is doing. It is safe for concurrent use.
func (w *Worker) Status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.stages) == 0 {
		return Status{State: Starting, Reasons: []string{w.waitingFor}}
	}
	stages := make([]consumer.StageStatus, len(w.stages))
	for i, s := range w.stages {
		stages[i] = s.Status()
	}
	return judge(stages, w.health.NotKeyed(), w.uploads.TwoSources())
}

// judge finds the state: the worst of all that is told.
func judge(stages []consumer.StageStatus, notKeyed, twoSources map[string]int64) Status {
	s := Status{State: Ready, Stages: stages}
	rank := []State{Ready, Blocked, Restoring, Degraded}
	say := func(state State, format string, args ...any) {
		if slices.Index(rank, state) > slices.Index(rank, s.State) {
			s.State = state
		}
		s.Reasons = append(s.Reasons, fmt.Sprintf(format, args...))
	}
	for _, stage := range stages {
		if stage.Err != nil {
			say(Degraded, "stage %s: %v", stage.Name, stage.Err)
		}
		for _, t := range stage.Tasks {
			switch t.State {
			case consumer.StateRestoring:
				say(Restoring, "task %s/%d is taking over, %d of %d changelog records read", stage.Name, t.Partition, t.RestoreDone, t.RestoreTotal)
			case consumer.StateFailed:
				say(Degraded, "task %s/%d failed and will be tried again: %v", stage.Name, t.Partition, t.Err)
			case consumer.StateDataLoss:
				say(Blocked, "task %s/%d waits for a decision: %v", stage.Name, t.Partition, t.Err)
			}
		}
	}
	for _, topic := range slices.Sorted(maps.Keys(notKeyed)) {
		say(Blocked, "source %s holds records that are not keyed by their user (%d seen, not_keyed in the dead letters): set sources[].repartition: true on all sources, with another group and topics.prefix, or key it by userId, or by anonymousId where there is none", topic, notKeyed[topic])
	}
	for _, audience := range slices.Sorted(maps.Keys(twoSources)) {
		say(Blocked, "audience %s hears of one member from two source partitions (%d records left out, alarm two_sources): set sources[].repartition: true on all sources, with another group and topics.prefix, or key them by userId, or by anonymousId where there is none", audience, twoSources[audience])
	}
	return s
}

// String is the state and its reasons in one line.
func (s Status) String() string {
	if len(s.Reasons) == 0 {
		return string(s.State)
	}
	return string(s.State) + ": " + strings.Join(s.Reasons, "; ")
}
