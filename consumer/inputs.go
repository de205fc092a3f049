package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// chunkRecords is how many records a reader hands over at once.
const chunkRecords = 1000

// chunk is a run of records of one topic, or why there are none.
type chunk struct {
	topic   string
	records []Record
	next    int64 // offset after the records
	end     int64 // high watermark
	err     error
}

// batch is what one commit processes.
type batch struct {
	records []Record
	next    Offsets
	end     Offsets
}

// inputs reads partition p of every input topic of a task, each in a goroutine
// of its own that reads ahead by one answer.
type inputs struct {
	chunks chan chunk
	rest   chan chunk // what the last commit left of a chunk, at most one
	// takeover holds the end of each input when the task was taken over: below it,
	// a former owner's emissions may be lost.
	takeover Offsets
	cancel   context.CancelFunc
	readers  sync.WaitGroup
}

// openInputs starts reading at the group's committed offsets. A fresh task had
// no former owner whose emissions could be lost.
func (t *task) openInputs(ctx context.Context, fresh bool) (*inputs, error) {
	s := t.stage
	from, err := t.committed(ctx)
	if err != nil {
		return nil, err
	}
	// The readers live longer than ctx, which ends with revocation: close ends them.
	rctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	in := &inputs{chunks: make(chan chunk), rest: make(chan chunk, 1), takeover: Offsets{}, cancel: cancel}
	for _, input := range s.o.Inputs {
		end, err := s.cluster.endOffset(ctx, input.Topic, t.info.Partition)
		if err != nil {
			cancel()
			return nil, err
		}
		if !fresh {
			in.takeover[input.Topic] = end
		}
		t.state.at(input.Topic, from[input.Topic], end)
	}
	for _, input := range s.o.Inputs {
		r := &partitionReader{
			cluster: s.cluster, topic: input.Topic, partition: t.info.Partition,
			next: from[input.Topic], maxBytes: s.o.FetchMaxBytes, maxWait: s.o.FetchMaxWait,
		}
		lost := func(wanted int64) (int64, error) { return t.lost(rctx, input, wanted) }
		in.readers.Go(func() { in.read(rctx, r, lost) })
	}
	return in, nil
}

// close stops the readers and waits for them. It may be called twice.
func (in *inputs) close() {
	in.cancel()
	in.readers.Wait()
}

// read hands over chunks until ctx ends or an error, which it hands over too.
// lost says where to go on when the wanted offset is not in the topic.
func (in *inputs) read(ctx context.Context, r *partitionReader, lost func(wanted int64) (int64, error)) {
	send := func(c chunk) bool {
		select {
		case in.chunks <- c:
			return c.err == nil
		case <-ctx.Done():
			return false
		}
	}
	replayBelow := in.takeover[r.topic]
	for {
		at := r.next
		f, err := r.read(ctx)
		if errors.Is(err, ErrDataLoss) {
			r.next, err = lost(r.next)
			// Sent at once, so that the jump is committed and made only once.
			if err == nil {
				if !send(chunk{topic: r.topic, next: r.next, end: r.next}) {
					return
				}
				continue
			}
		}
		if err != nil {
			send(chunk{topic: r.topic, err: fmt.Errorf("read %s/%d: %w", r.topic, r.partition, err)})
			return
		}
		for i := range f.records {
			f.records[i].Replay = f.records[i].Offset < replayBelow
		}
		for len(f.records) > chunkRecords {
			c := chunk{topic: r.topic, records: f.records[:chunkRecords], end: f.end}
			c.next = c.records[chunkRecords-1].Offset + 1
			f.records = f.records[chunkRecords:]
			if !send(c) {
				return
			}
		}
		if f.next > at && !send(chunk{topic: r.topic, records: f.records, next: f.next, end: f.end}) {
			return
		}
	}
}

// next is where the next chunk comes from: what is left of the last one first.
// It belongs to the task's goroutine, as does collect.
func (in *inputs) next() <-chan chunk {
	if len(in.rest) > 0 {
		return in.rest
	}
	return in.chunks
}

// collect adds to the first chunk what comes within the limits of a commit.
func (in *inputs) collect(ctx context.Context, c chunk, o StageOptions, maxRecords int) (batch, error) {
	b := batch{next: Offsets{}, end: Offsets{}}
	size := 0
	limit := time.NewTimer(o.MaxBatchWait)
	defer limit.Stop()
	for {
		if c.err != nil && len(b.next) > 0 {
			in.rest <- c // after what was read before it
			return b, nil
		}
		if c.err != nil {
			return batch{}, c.err
		}
		if n := maxRecords - len(b.records); len(c.records) > n {
			in.rest <- chunk{topic: c.topic, records: c.records[n:], next: c.next, end: c.end}
			c.records = c.records[:n]
			c.next = c.records[n-1].Offset + 1
		}
		b.records = append(b.records, c.records...)
		b.next[c.topic], b.end[c.topic] = c.next, c.end
		for i := range c.records {
			size += c.records[i].size()
		}
		if len(b.records) >= maxRecords || size >= o.MaxBatchBytes {
			return b, nil
		}
		select {
		case c = <-in.next():
		case <-limit.C:
			return b, nil
		case <-ctx.Done():
			return batch{}, context.Cause(ctx)
		}
	}
}

// groupOffsets reads what the group has committed of every input.
func (t *task) groupOffsets(ctx context.Context) (map[string]groupOffset, error) {
	s := t.stage
	partitions := map[string][]int{}
	for _, topic := range s.topics() {
		partitions[topic] = []int{t.info.Partition}
	}
	all, err := s.cluster.groupOffsets(ctx, s.o.Group, partitions)
	if err != nil {
		return nil, err
	}
	offsets := map[string]groupOffset{}
	for tp, o := range all {
		offsets[tp.topic] = o
	}
	return offsets, nil
}

// committed returns where the group's committed offsets say to start. An input
// without one starts where its configuration says, and that is said loudly.
func (t *task) committed(ctx context.Context) (Offsets, error) {
	s := t.stage
	at, err := t.groupOffsets(ctx)
	if err != nil {
		return nil, err
	}
	offsets := Offsets{}
	for _, in := range s.o.Inputs {
		o := at[in.Topic]
		offsets[in.Topic] = o.offset
		switch {
		case o.lost:
			offsets[in.Topic], err = t.lost(ctx, in, o.offset)
		case o.offset < 0:
			offsets[in.Topic], err = t.afresh(ctx, in)
		}
		if err != nil {
			return nil, err
		}
	}
	return offsets, nil
}

// afresh is where an input begins of which the group has committed nothing. That is
// worth a warning where there are records: the group's offsets may have expired.
func (t *task) afresh(ctx context.Context, in Input) (int64, error) {
	s := t.stage
	first, err := t.first(ctx, in)
	if err != nil {
		return 0, err
	}
	end, err := s.cluster.endOffset(ctx, in.Topic, t.info.Partition)
	if err != nil {
		return 0, err
	}
	level := slog.LevelWarn
	if first >= end {
		level = slog.LevelDebug
	}
	s.log.Log(ctx, level, "the group has no offset here; starting afresh", "group", s.o.Group, "topic", in.Topic, "partition", t.info.Partition, "offset", first)
	return first, nil
}

// startAfresh puts a group that has consumed before at the beginning of every
// input. It does so before the new changelog has its first fence, so that a crash
// in between does not leave a later owner with the old offsets.
func (t *task) startAfresh(ctx context.Context) (consumed bool, err error) {
	s := t.stage
	at, err := t.groupOffsets(ctx)
	if err != nil {
		return false, err
	}
	begin := Offsets{}
	for _, in := range s.o.Inputs {
		if at[in.Topic].offset < 0 {
			continue
		}
		if begin[in.Topic], err = t.first(ctx, in); err != nil {
			return false, err
		}
	}
	if len(begin) == 0 {
		return false, nil
	}
	s.log.Warn("the changelog is new but the group has consumed before; reading everything again",
		"group", s.o.Group, "changelog", s.o.Changelog, "partition", t.info.Partition, "offsets", begin)
	return true, s.cluster.commitOffsets(ctx, t.member, t.info.Partition, begin, "")
}

func (t *task) first(ctx context.Context, in Input) (int64, error) {
	if in.Start.IsZero() {
		return t.stage.cluster.startOffset(ctx, in.Topic, t.info.Partition)
	}
	return t.stage.cluster.offsetAt(ctx, in.Topic, t.info.Partition, in.Start)
}
