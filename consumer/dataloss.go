package consumer

import (
	"context"
	"errors"
	"fmt"
)

// ErrDataLoss means that the offset to read next is no longer, or not yet, in
// the topic: retention overtook the reader, or the topic was made anew. Going
// on would skip records or read others in their place, so it is the operator's
// decision.
var ErrDataLoss = errors.New("offset is not in the topic")

// DataLossError is an ErrDataLoss with what its operator needs to know.
type DataLossError struct {
	Topic      string
	Partition  int
	Wanted     int64 // offset to read next
	Start, End int64 // what the topic holds: from Start up to but without End
	Remedy     string
}

func (e *DataLossError) Error() string {
	what := "records were deleted before they were read"
	if e.Wanted > e.End {
		what = "the topic was made anew or cut short"
	} else if e.Wanted >= e.Start {
		what = "records were lost here before, and nobody has decided yet how to go on"
	}
	s := fmt.Sprintf("offset %d of %s/%d is wanted, the topic holds %d to %d: %s", e.Wanted, e.Topic, e.Partition, e.Start, e.End, what)
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}

// Is makes it an ErrDataLoss.
func (e *DataLossError) Is(target error) bool { return target == ErrDataLoss }

// lossMark is the metadata of a committed offset at which a task stopped. A
// topic that was made anew grows past that offset some day, and a later owner
// would go on there as if nothing had been lost. Whoever moves the group, with
// muster replay or Kafka's own tools, removes the mark.
const lossMark = "muster: data loss"

// lost decides how to go on with an input whose wanted offset is not in the
// topic: at the earliest record, loudly, or not at all. Never at the latest.
func (t *task) lost(ctx context.Context, in Input, wanted int64) (next int64, err error) {
	s, p := t.stage, t.info.Partition
	start, err := s.cluster.startOffset(ctx, in.Topic, p)
	if err != nil {
		return 0, err
	}
	end, err := s.cluster.endOffset(ctx, in.Topic, p)
	if err != nil {
		return 0, err
	}
	loss := &DataLossError{Topic: in.Topic, Partition: p, Wanted: wanted, Start: start, End: end, Remedy: in.LossRemedy}
	if !in.SkipLost {
		return 0, loss
	}
	skipped := max(0, start-wanted)
	s.meters.lost.Add(ctx, skipped, s.meters.attrs(p), topicAttr(in.Topic))
	loss.Remedy = ""
	s.log.Error("going on at the earliest record, as configured", "task", p, "topic", in.Topic, "offset", start, "skipped", skipped, "error", loss)
	return start, nil
}

// stopForLoss marks the input's committed offset, so that no later owner goes on
// by itself, and waits for the end of the generation.
func (t *task) stopForLoss(ctx, revoked context.Context, loss *DataLossError) error {
	s := t.stage
	both := revokedContext(ctx, revoked)
	at, err := t.groupOffsets(both)
	if err == nil {
		offset := at[loss.Topic].offset
		if offset < 0 {
			offset = loss.Wanted
		}
		err = s.cluster.commitOffsets(both, t.member, t.info.Partition, Offsets{loss.Topic: offset}, lossMark)
	}
	if err != nil {
		return err
	}
	s.log.Error("task stopped until somebody decides how to go on", "task", t.info.Partition, "topic", loss.Topic, "error", loss)
	<-both.Done()
	return nil
}
