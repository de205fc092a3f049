package consumer

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"slices"
	"sync/atomic"

	"github.com/segmentio/kafka-go"
)

// balancer assigns tasks to the members of a group: partition p of every input
// topic to one member (co-partitioned), to the one that holds the task's table
// if it may have another (sticky), the same number to each (balanced). It is
// one more than kafka-go's, none of which keeps topics together.
type balancer struct {
	// held returns the tasks whose tables this process has on disk, and how far.
	held   func() []heldTask
	topics []string // the inputs
	// unseen is set when an input was missing from what the group was balanced by.
	unseen *atomic.Bool
	log    *slog.Logger
}

// heldTask is one table on disk, as a member reports it when it joins.
type heldTask struct {
	Partition int      `json:"p"`
	Position  Position `json:"at"`
}

func (b *balancer) ProtocolName() string { return "muster-sticky-1" }

func (b *balancer) UserData() ([]byte, error) { return json.Marshal(b.held()) }

// AssignGroups cannot report an error; what it cannot assign, nobody gets, and
// the members see it in their own checks.
func (b *balancer) AssignGroups(members []kafka.GroupMember, partitions []kafka.Partition) kafka.GroupMemberAssignments {
	topics := map[string]int{}
	for _, p := range partitions {
		topics[p.Topic]++
	}
	for _, topic := range b.topics {
		if topics[topic] == 0 {
			// The broker that was asked does not know it yet. No member would look again.
			b.unseen.Store(true)
			return kafka.GroupMemberAssignments{}
		}
	}
	tasks := 0
	for topic, n := range topics {
		if tasks != 0 && n != tasks {
			b.log.Error("input topics have different partition counts, so no task is assigned", "topic", topic, "partitions", n, "other", tasks)
			return kafka.GroupMemberAssignments{}
		}
		tasks = n
	}
	owners := assign(tasks, claims(members, b.log))
	out := kafka.GroupMemberAssignments{}
	for _, m := range members {
		out[m.ID] = map[string][]int{}
	}
	for p, id := range owners {
		for topic := range topics {
			out[id][topic] = append(out[id][topic], p)
		}
	}
	return out
}

// claim is what one member holds.
type claim struct {
	member string
	held   map[int]Position
}

func claims(members []kafka.GroupMember, log *slog.Logger) []claim {
	cs := make([]claim, len(members))
	for i, m := range members {
		cs[i] = claim{member: m.ID, held: map[int]Position{}}
		var held []heldTask
		if err := json.Unmarshal(m.UserData, &held); err != nil {
			log.Warn("a member's report of its tables is unreadable; it is assigned tasks as if it had none", "error", err)
			continue
		}
		for _, h := range held {
			cs[i].held[h.Partition] = h.Position
		}
	}
	slices.SortFunc(cs, func(a, b claim) int { return cmp.Compare(a.member, b.member) })
	return cs
}

// assign returns the owner of each task. Each member gets tasks ÷ members, and
// as many as are left over get one more. A task goes to the member that holds
// the newest table of it, while that one has room, else to the member with the
// most room. Equal input gives equal output.
func assign(tasks int, members []claim) []string {
	if len(members) == 0 {
		return nil
	}
	owners := make([]string, tasks)
	r := newRoom(tasks, len(members))
	for p := range tasks {
		best := -1
		for i, m := range members {
			at, ok := m.held[p]
			if ok && r.left(i) > 0 && (best < 0 || at > members[best].held[p]) {
				best = i
			}
		}
		if best >= 0 {
			owners[p] = members[best].member
			r.take(best)
		}
	}
	for p, owner := range owners {
		if owner != "" {
			continue
		}
		most := 0
		for i := range members {
			if r.left(i) > r.left(most) {
				most = i
			}
		}
		owners[p] = members[most].member
		r.take(most)
	}
	return owners
}

// room is how many tasks each member may still get.
type room struct {
	sure  []int
	extra int    // left over, for any member that had none of them
	had   []bool // a task of the extra
}

func newRoom(tasks, members int) *room {
	r := &room{sure: make([]int, members), extra: tasks % members, had: make([]bool, members)}
	for i := range r.sure {
		r.sure[i] = tasks / members
	}
	return r
}

func (r *room) left(i int) int {
	if r.extra > 0 && !r.had[i] {
		return r.sure[i] + 1
	}
	return r.sure[i]
}

func (r *room) take(i int) {
	if r.sure[i] > 0 {
		r.sure[i]--
		return
	}
	r.extra--
	r.had[i] = true
}
