package status

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"muster/consumer"
)

// Topics are where audiences' owners and replicas write. [Board.Follow] leaves out one
// without a name.
type Topics struct{ Audiences, Replicas string }

// again is how long to wait before a topic that cannot be read is tried again.
const again = 10 * time.Second

// row is how a record of a topic comes to the board.
func (b *Board) row(t Topics, r consumer.Record) error {
	from := source{r.Topic, r.Partition}
	b.reached(from, r.Offset+1)
	if r.Topic == t.Audiences {
		return b.audience(from, string(r.Key), r.Value)
	}
	return b.replica(from, string(r.Key), r.Value)
}

// Read takes all that the topics hold by now.
func (b *Board) Read(ctx context.Context, cluster *consumer.Cluster, t Topics) error {
	for _, topic := range []string{t.Audiences, t.Replicas} {
		for r, err := range cluster.TopicRecords(ctx, topic) {
			if err == nil {
				err = b.row(t, r)
			}
			if err != nil {
				return fmt.Errorf("read what replicas say: %w", err)
			}
		}
	}
	return nil
}

// Follow takes what the topics hold and goes on with what is written to them until ctx
// ends, or goes on after [Board.Read]. A topic that cannot be read is tried again and said in the log: nothing else
// depends on it.
func (b *Board) Follow(ctx context.Context, cluster *consumer.Cluster, t Topics, log *slog.Logger) {
	var counts map[string]int
	f := follower{board: b, cluster: cluster, topics: t, log: log}
	named := slices.DeleteFunc([]string{t.Audiences, t.Replicas}, func(name string) bool { return name == "" })
	for ctx.Err() == nil && counts == nil {
		var err error
		if counts, err = cluster.Partitions(ctx, named...); err != nil {
			f.failed(ctx, err)
		}
	}
	var all sync.WaitGroup
	for topic, partitions := range counts {
		for p := range partitions {
			all.Go(func() { f.partition(ctx, source{topic, p}) })
		}
	}
	all.Wait()
}

type follower struct {
	board   *Board
	cluster *consumer.Cluster
	topics  Topics
	log     *slog.Logger

	mu   sync.Mutex
	said time.Time
}

// partition reads one partition, from where Read came to: read twice, what is over would
// be shown again. After an error it goes on where it was, or where that is not in the
// topic any more, from the beginning.
func (f *follower) partition(ctx context.Context, s source) {
	next := f.board.next(s)
	for ctx.Err() == nil {
		start, end, err := f.cluster.Bounds(ctx, s.topic, s.partition)
		if err != nil {
			f.failed(ctx, err)
			continue
		}
		switch {
		case next < 0:
			next = start
		case next < start || next > end:
			f.board.forget(s)
			next = start
		}
		for r, err := range f.cluster.Records(ctx, s.topic, s.partition, next, consumer.Forever) {
			if err == nil {
				next = r.Offset + 1
				err = f.board.row(f.topics, r)
				if err == nil {
					continue
				}
			}
			f.failed(ctx, err)
			break
		}
	}
}

// failed says that something cannot be read, once a minute, and waits.
func (f *follower) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	f.mu.Lock()
	due := time.Since(f.said) > time.Minute
	if due {
		f.said = time.Now()
	}
	f.mu.Unlock()
	if due {
		f.log.Warn("what the status page shows cannot be read, trying again", "error", err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(again):
	}
}
