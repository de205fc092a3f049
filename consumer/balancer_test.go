package consumer

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"pgregory.net/rapid"
)

func TestAssign(t *testing.T) {
	t.Parallel()
	held := func(ps ...int) map[int]Position {
		m := map[int]Position{}
		for _, p := range ps {
			m[p] = 10
		}
		return m
	}
	tests := []struct {
		name    string
		tasks   int
		members []claim
		want    []string
	}{
		{"nobody", 2, nil, nil},
		{"one member gets all", 3, []claim{{"a", nil}}, []string{"a", "a", "a"}},
		{"fresh members share", 4, []claim{{"a", nil}, {"b", nil}}, []string{"a", "b", "a", "b"}},
		{"holders keep", 4, []claim{{"a", held(2, 3)}, {"b", held(0, 1)}}, []string{"b", "b", "a", "a"}},
		{"a joiner takes half", 4, []claim{{"a", held(0, 1, 2, 3)}, {"b", nil}}, []string{"a", "a", "b", "b"}},
		{"the newest table wins", 1, []claim{{"a", map[int]Position{0: 5}}, {"b", map[int]Position{0: 9}}}, []string{"b"}},
		{"the remainder stays with who holds most", 3, []claim{{"a", nil}, {"b", held(0, 1)}}, []string{"b", "b", "a"}},
		{"more members than tasks", 1, []claim{{"a", nil}, {"b", held(0)}}, []string{"b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, assign(tt.tasks, tt.members)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Every task has one owner, no member has two more than another, and what the
// assignment gave is what the next one, with the same members, gives again.
func TestAssignIsBalancedAndSticky(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tasks := rapid.IntRange(0, 40).Draw(t, "tasks")
		n := rapid.IntRange(1, 8).Draw(t, "members")
		members := make([]claim, n)
		for i := range members {
			members[i] = claim{member: fmt.Sprintf("m%d", i), held: map[int]Position{}}
			for _, p := range rapid.SliceOfN(rapid.IntRange(0, 45), 0, 20).Draw(t, "held") {
				members[i].held[p] = Position(rapid.IntRange(0, 9).Draw(t, "at"))
			}
		}
		first := assign(tasks, members)
		count := map[string]int{}
		for p, m := range first {
			if m == "" {
				t.Fatalf("task %d has no owner", p)
			}
			count[m]++
		}
		for i := range members {
			if c := count[members[i].member]; c < tasks/n || c > tasks/n+1 {
				t.Fatalf("%s has %d of %d tasks among %d members", members[i].member, c, tasks, n)
			}
			// What a member was given it restores, and holds from then on.
			members[i].held = map[int]Position{}
			for p, m := range first {
				if m == members[i].member {
					members[i].held[p] = 100
				}
			}
		}
		if diff := cmp.Diff(first, assign(tasks, members)); diff != "" {
			t.Fatalf("not sticky: %s", diff)
		}
	})
}

func TestAssignGroupsKeepsTopicsTogether(t *testing.T) {
	t.Parallel()
	b := balancer{topics: []string{"x", "y"}, unseen: new(atomic.Bool), log: slog.New(slog.DiscardHandler)}
	data, err := json.Marshal([]heldTask{{Partition: 1, Position: 7}})
	if err != nil {
		t.Fatal(err)
	}
	members := []kafka.GroupMember{{ID: "a"}, {ID: "b", UserData: data}}
	parts := []kafka.Partition{{Topic: "y", ID: 1}, {Topic: "x", ID: 0}, {Topic: "y", ID: 0}, {Topic: "x", ID: 1}}
	want := kafka.GroupMemberAssignments{"a": {"x": {0}, "y": {0}}, "b": {"x": {1}, "y": {1}}}
	if diff := cmp.Diff(want, b.AssignGroups(members, parts)); diff != "" {
		t.Error(diff)
	}
	if b.unseen.Load() {
		t.Error("all inputs are there, and one was not seen")
	}
	if got := b.AssignGroups(members, parts[1:2]); len(got) != 0 || !b.unseen.Load() {
		t.Errorf("assigned %v without topic y", got)
	}
	// Different counts: nobody gets anything, and the members say why.
	if got := b.AssignGroups(members, parts[:3]); len(got) != 0 {
		t.Errorf("assigned %v over unequal topics", got)
	}
}
