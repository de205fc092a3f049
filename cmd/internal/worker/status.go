package worker

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/consumer"
	"muster/uploader"
	"muster/uploader/facebook"
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
	// Reasons say why it is not ready, or what it lacks while it is, one line each.
	Reasons []string
	Stages  []consumer.StageStatus
}

// Serving reports whether the worker does all its work that nobody blocks.
func (s Status) Serving() bool { return s.State == Ready || s.State == Blocked }

// Status returns what the worker is doing. It is safe for concurrent use.
func (w *Worker) Status() Status {
	return w.judged(needs{
		notKeyed: w.health.NotKeyed(), twoSources: w.uploads.TwoSources(), blocked: w.uploads.Blocked(), overdue: w.uploads.Overdue(),
		overdueIn: w.uploads.OverdueAccounts(),
	})
}

// ofItself is Status with the reasons that do not concern an audience: those are told
// with the audience.
func (w *Worker) ofItself() Status {
	s, own := w.Status(), w.judged(needs{notKeyed: w.health.NotKeyed(), overdueIn: w.uploads.OverdueAccounts()})
	s.Reasons = own.Reasons
	return s
}

func (w *Worker) judged(n needs) Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.stages) == 0 {
		return Status{State: Starting, Reasons: []string{w.waitingFor}}
	}
	stages := make([]consumer.StageStatus, len(w.stages))
	for i, s := range w.stages {
		stages[i] = s.Status()
	}
	n.token = w.token.findings()
	return judge(stages, n)
}

// needs is what the stages and Facebook say that only a person can mend.
type needs struct {
	token      []facebook.Finding
	notKeyed   map[string]int64          // records, by source
	twoSources map[string]int64          // records, by audience
	blocked    map[string]uploader.Block // by audience
	overdue    map[string]uploader.Overdue
	overdueIn  map[facebook.AccountID]uploader.Overdue
}

// judge finds the state: the worst of all that is told.
func judge(stages []consumer.StageStatus, n needs) Status {
	s := Status{State: Ready, Stages: stages}
	rank := []State{Ready, Blocked, Restoring, Degraded}
	say := func(state State, format string, args ...any) {
		if slices.Index(rank, state) > slices.Index(rank, s.State) {
			s.State = state
		}
		s.Reasons = append(s.Reasons, fmt.Sprintf(format, args...))
	}
	unfenced := 0
	for _, stage := range stages {
		if stage.Err != nil {
			say(Degraded, "stage %s: %v", stage.Name, stage.Err)
		}
		for _, t := range stage.Tasks {
			if t.Guard.Unfenced() {
				unfenced++
			}
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
	if unfenced > 0 {
		// It works, and some clusters grant no more.
		say(Ready, "brokers grant no transactional id, former owners of %d tasks are noticed but not shut out: see the warning in the log for the command that grants it", unfenced)
	}
	for _, f := range n.token {
		// It works until then; what it stops is told of the audiences.
		say(Ready, "access token: %s: %s", f.Title, f.Remedy)
	}
	for _, topic := range slices.Sorted(maps.Keys(n.notKeyed)) {
		say(Blocked, "source %s holds records that are not keyed by their user (%d seen, not_keyed in the dead letters): set sources[].repartition: true on all sources, with another group and topics.prefix, or key it by userId, or by anonymousId where there is none", topic, n.notKeyed[topic])
	}
	for _, audience := range slices.Sorted(maps.Keys(n.twoSources)) {
		say(Blocked, "audience %s hears of one member from two source partitions (%d records left out, alarm two_sources): set sources[].repartition: true on all sources, with another group and topics.prefix, or key them by userId, or by anonymousId where there is none", audience, n.twoSources[audience])
	}
	for _, audience := range slices.Sorted(maps.Keys(n.overdue)) {
		o := n.overdue[audience]
		say(Blocked, "audience %s may still hold rows of %d erased users, longer than erase.overdue_after: %s", audience, o.Erasures, o.Remedy)
	}
	for _, account := range slices.Sorted(maps.Keys(n.overdueIn)) {
		o := n.overdueIn[account]
		say(Blocked, "audiences of others in ad account %s may still hold %d erased users, longer than erase.overdue_after: %s", account, o.Erasures, o.Remedy)
	}
	for _, w := range waiting(n.blocked) {
		say(Blocked, "%s", w)
	}
	return s
}

// maxNamed is how many audiences one reason names.
const maxNamed = 3

// waiting says what audiences wait for, one line for all that wait for the same:
// a token that is not accepted blocks every audience.
func waiting(blocked map[string]uploader.Block) []string {
	keys := map[uploader.Block][]string{}
	for _, key := range slices.Sorted(maps.Keys(blocked)) {
		keys[blocked[key]] = append(keys[blocked[key]], key)
	}
	var lines []string
	for b, of := range keys {
		names := "audience " + of[0]
		if len(of) > 1 {
			names = "audiences " + strings.Join(of[:min(len(of), maxNamed)], ", ")
		}
		if len(of) > maxNamed {
			names += fmt.Sprintf(" and %d more", len(of)-maxNamed)
		}
		lines = append(lines, fmt.Sprintf("nothing is sent to %s (%s): %s: %s", names, b.Reason, b.Title, b.Remedy))
	}
	slices.Sort(lines)
	return lines
}

// String is the state and its reasons in one line.
func (s Status) String() string {
	if len(s.Reasons) == 0 {
		return string(s.State)
	}
	return string(s.State) + ": " + strings.Join(s.Reasons, "; ")
}
