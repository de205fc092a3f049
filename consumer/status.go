package consumer

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// State is what a task is doing.
type State string

// The states of a task.
const (
	StateRestoring State = "restoring" // taking over, restoring its table
	StateRunning   State = "running"
	StateDraining  State = "draining"  // revoked, finishing what is in flight
	StateFailed    State = "failed"    // stopped by an error, about to be tried again
	StateDataLoss  State = "data_loss" // needs an operator: see DataLossError
)

// TaskStatus is a moment of one task of this process.
type TaskStatus struct {
	Partition    int
	State        State
	Guard        Guard            // "" before the task is taken over
	Lag          map[string]int64 // records behind, per input topic
	RestoreDone  int64
	RestoreTotal int64
	Err          error // of the last failure while in StateFailed or StateDataLoss
}

// StageStatus is a moment of one stage of this process.
type StageStatus struct {
	Name  string
	Tasks []TaskStatus // by partition
	Err   error        // why no task runs, if none can
	// DeadLetters are those that this process wrote since its start, by reason.
	DeadLetters map[string]int64
}

// Status returns what the stage's tasks are doing. It is safe for concurrent use.
func (s *Stage) Status() StageStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := StageStatus{Name: s.o.Name, Err: s.err, DeadLetters: maps.Clone(s.letters)}
	for _, t := range s.tasks {
		st.Tasks = append(st.Tasks, t.status())
	}
	slices.SortFunc(st.Tasks, func(a, b TaskStatus) int { return cmp.Compare(a.Partition, b.Partition) })
	return st
}

func (s *Stage) enter(partition int) *taskState {
	t := &taskState{s: TaskStatus{Partition: partition, State: StateRestoring}, next: Offsets{}, end: Offsets{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tasks[partition] = t
	return t
}

func (s *Stage) forget(partitions []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range partitions {
		delete(s.tasks, p)
	}
}

func (s *Stage) lettered(letters []DeadLetter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range letters {
		s.letters[l.Reason]++
	}
}

func (s *Stage) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// taskState is written by the task and read by Status.
type taskState struct {
	table     atomic.Pointer[Table] // while it is open
	mu        sync.Mutex
	s         TaskStatus
	next, end Offsets
}

func (t *taskState) status() TaskStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.s
	s.Lag = map[string]int64{}
	for topic, end := range t.end {
		s.Lag[topic] = max(0, end-t.next[topic])
	}
	return s
}

func (t *taskState) set(state State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.State, t.s.Err = state, nil
}

func (t *taskState) guarded(by Guard) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Guard = by
}

func (t *taskState) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.State, t.s.Err = StateFailed, err
	if errors.Is(err, ErrDataLoss) {
		t.s.State = StateDataLoss
	}
}

func (t *taskState) restored(done, total int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.RestoreDone, t.s.RestoreTotal = done, total
}

func (t *taskState) at(topic string, next, end int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next[topic], t.end[topic] = next, end
}

func (t *taskState) consumed(b batch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for topic, next := range b.next {
		t.next[topic], t.end[topic] = next, b.end[topic]
	}
}
