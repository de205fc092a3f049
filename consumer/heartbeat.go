package consumer

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	heartbeatAPI "github.com/segmentio/kafka-go/protocol/heartbeat"
)

// heartbeatRequest and heartbeatResponse take the place of kafka-go's, whose
// answers are always free of errors: it sends the request to any broker instead
// of the group's coordinator, and takes the throttle time, which comes first
// since version 1, for the error code (segmentio/kafka-go #1371, open). A lease
// that is renewed by such an answer is none (I3).
type heartbeatRequest struct {
	_ struct{} `kafka:"min=v4,max=v4,tag"`

	GroupID         string `kafka:"min=v0,max=v4"`
	GenerationID    int32  `kafka:"min=v0,max=v4"`
	MemberID        string `kafka:"min=v0,max=v4"`
	GroupInstanceID string `kafka:"min=v3,max=v4,nullable"`
}

type heartbeatResponse struct {
	_ struct{} `kafka:"min=v4,max=v4,tag"`

	ThrottleTimeMs int32 `kafka:"min=v1,max=v4"`
	ErrorCode      int16 `kafka:"min=v0,max=v4"`
}

func (*heartbeatRequest) ApiKey() protocol.ApiKey  { return (*heartbeatAPI.Request)(nil).ApiKey() }
func (*heartbeatResponse) ApiKey() protocol.ApiKey { return (*heartbeatAPI.Response)(nil).ApiKey() }

// Group has the request sent to the group's coordinator.
func (r *heartbeatRequest) Group() string { return r.GroupID }

var _ protocol.GroupMessage = (*heartbeatRequest)(nil)

// The import of heartbeatAPI has kafka-go's own definition registered before.
func init() { protocol.Register(&heartbeatRequest{}, &heartbeatResponse{}) }

// heartbeat asks the group whether the member is still one of its generation.
func (c *Cluster) heartbeat(ctx context.Context, m member) error {
	return c.retry(ctx, "heartbeat to "+m.group, func(ctx context.Context) error { return c.sendHeartbeat(ctx, m) })
}

func (c *Cluster) sendHeartbeat(ctx context.Context, m member) error {
	res, err := c.transport.RoundTrip(ctx, c.client.Addr, &heartbeatRequest{GroupID: m.group, GenerationID: m.generation, MemberID: m.id})
	if err != nil {
		return err
	}
	if code := res.(*heartbeatResponse).ErrorCode; code != 0 {
		return lostOr(kafka.Error(code))
	}
	return nil
}

// lostOr turns the group's refusals of an old member into errLost.
func lostOr(err error) error {
	for _, e := range []kafka.Error{kafka.IllegalGeneration, kafka.UnknownMemberId, kafka.FencedInstanceID, kafka.GroupIdNotFound} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w: %w", errLost, err)
		}
	}
	return err
}
