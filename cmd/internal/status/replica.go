package status

import (
	"slices"
	"time"

	"muster/schema/musterpb"
)

const (
	// SayEvery is how often a replica says what it is doing, at most.
	SayEvery = 30 * time.Second
	// Silence is how long a replica may say nothing before it counts as gone.
	Silence = 4 * SayEvery
	// Forgotten is how long it is shown as gone. Each start has a name of its own, so
	// none that died comes back; muster.replicas keeps reports for as long.
	Forgotten = time.Hour
)

// Replica is one process, as it last said itself.
type Replica struct {
	Name    string    `json:"name"`
	Host    string    `json:"host"`
	Version string    `json:"version"`
	State   string    `json:"state"` // "gone" after Silence
	Reasons []string  `json:"reasons,omitempty"`
	Started time.Time `json:"started"`
	Said    time.Time `json:"said"`
	Tasks   []Task    `json:"tasks"`
}

// StateGone is the state of a replica that was not heard of for Silence: it has died, or
// does not reach Kafka.
const StateGone = "gone"

// Task is one task of a replica.
type Task struct {
	Stage        string           `json:"stage"`
	Partition    int32            `json:"partition"`
	State        string           `json:"state"`
	Unfenced     bool             `json:"unfenced,omitempty"`
	Lag          int64            `json:"lag"` // records behind
	LagBy        map[string]int64 `json:"lag_by_topic,omitempty"`
	RestoreDone  int64            `json:"restore_done,omitempty"`
	RestoreTotal int64            `json:"restore_total,omitempty"`
	Error        string           `json:"error,omitempty"`
}

// Restored is how much of its changelog a task has read, in percent.
func (t Task) Restored() int64 {
	if t.RestoreTotal <= 0 {
		return 0
	}
	return min(t.RestoreDone*100/t.RestoreTotal, 100)
}

func replicaOf(name string, r *musterpb.Replica, now time.Time) Replica {
	v := Replica{
		Name: name, Host: r.Host, Version: r.Version, State: r.State, Reasons: r.Reasons,
		Started: Moment(r.StartedMs), Said: Moment(r.SaidMs), Tasks: []Task{},
	}
	if now.Sub(v.Said) > Silence {
		v.State = StateGone
		v.Reasons = []string{"nothing was heard of it for more than " + About(Silence) + ": it has died, or does not reach Kafka; others take its tasks over"}
	}
	for _, n := range r.Tasks {
		t := Task{
			Stage: n.Stage, Partition: n.Partition, State: n.State, Unfenced: n.Unfenced,
			RestoreDone: n.RestoreDone, RestoreTotal: n.RestoreTotal, Error: n.Error,
		}
		for _, l := range n.Lag {
			t.Lag += l.Count
			if t.LagBy == nil {
				t.LagBy = map[string]int64{}
			}
			t.LagBy[l.Of] = l.Count
		}
		v.Tasks = append(v.Tasks, t)
	}
	return v
}

// allSilent says something else of replicas that are all gone: they hardly died together,
// and whoever looks may be the one that does not reach Kafka.
func allSilent(replicas []Replica) {
	if slices.ContainsFunc(replicas, func(r Replica) bool { return r.State != StateGone }) {
		return
	}
	for i := range replicas {
		replicas[i].Reasons = []string{"nothing was heard of any replica for more than " + About(Silence) + ": none runs, or Kafka does not answer, and all that is shown is as old"}
	}
}
