package consumer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go"
	describeAPI "github.com/segmentio/kafka-go/protocol/describegroups"
)

// GroupMember is one process in a consumer group, as its coordinator knows it.
type GroupMember struct{ ClientID, Host, ID string }

// ActiveGroupError says that offsets cannot be changed because a group works.
type ActiveGroupError struct {
	Group   string
	State   string // as Kafka names it: Stable, PreparingRebalance, …
	Members []GroupMember
}

func (e *ActiveGroupError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "group %q is active (%s): its members would go on from where they are and commit over a change", e.Group, e.State)
	for _, m := range e.Members {
		fmt.Fprintf(&b, "\nmember: client id %s, host %s, member id %s", m.ClientID, m.Host, m.ID)
	}
	b.WriteString("\nstop every replica that runs this stage, then try again; one that was killed leaves the group after kafka.session_timeout")
	return b.String()
}

// errGroupJoined stands in for the member list when the broker refuses a commit
// because somebody joined after the group was found empty.
var errGroupJoined = errors.New("somebody has joined the group meanwhile: stop every replica that runs this stage, then try again")

// Inactive returns nil when the group has no members, or does not exist, and an
// *ActiveGroupError otherwise.
//
// It goes one layer below kafka-go's DescribeGroups, which decodes what the
// members say of themselves and shows no members where that is not its own form.
func (c *Cluster) Inactive(ctx context.Context, group string) error {
	var active error
	err := c.retry(ctx, "look at group "+group, func(ctx context.Context) error {
		m, err := c.transport.RoundTrip(ctx, c.client.Addr, &describeAPI.Request{Groups: []string{group}})
		if err != nil {
			return err
		}
		for _, g := range m.(*describeAPI.Response).Groups {
			switch {
			case g.GroupID != group:
				continue
			case g.ErrorCode == int16(kafka.GroupIdNotFound):
				return nil
			case g.ErrorCode != 0:
				return kafka.Error(g.ErrorCode)
			}
			active = activity(&g)
			return nil
		}
		return errNoAnswer
	})
	return cmp.Or(err, active)
}

// activity judges as Kafka's own tool does: offsets move in states Empty and
// Dead only.
func activity(g *describeAPI.ResponseGroup) error {
	if len(g.Members) == 0 && (g.GroupState == "Empty" || g.GroupState == "Dead") {
		return nil
	}
	e := &ActiveGroupError{Group: g.GroupID, State: g.GroupState}
	for _, m := range g.Members {
		e.Members = append(e.Members, GroupMember{ClientID: m.ClientID, Host: m.ClientHost, ID: m.MemberID})
	}
	return e
}
