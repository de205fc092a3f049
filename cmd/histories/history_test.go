package histories

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"muster/cmd/internal/config"
	"muster/cmd/internal/model"
	"muster/uploader/facebook/graphtest"
)

// seeds are the histories to play: as many as HISTORIES says (40), from FIRST_SEED
// on, or the one that SEED names.
func seeds(t *testing.T) (first, n uint64) {
	number := func(name string) (uint64, bool) {
		text := os.Getenv(name)
		if text == "" {
			return 0, false
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n, true
	}
	if seed, ok := number("SEED"); ok {
		return seed, 1
	}
	n, ok := number("HISTORIES")
	if !ok {
		n = 40
	}
	first, _ = number("FIRST_SEED")
	return first, n
}

// TestHistories plays random histories of the whole worker: events, replicas that
// come, go and lose their power at any store operation, disks that are lost,
// partitions and coordinators that move, brokers and Facebook that fail, replays.
// When it is quiet, every audience is the model's, row for row (I6).
func TestHistories(t *testing.T) {
	t.Parallel()
	first, count := seeds(t)
	began := time.Now()
	t.Cleanup(func() { t.Logf("%d histories, %.0f a minute", count, float64(count)/time.Since(began).Minutes()) })
	for i := range count {
		seed := first + i
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			s := shape{partitions: 1 + int(seed%3), window: []time.Duration{10 * time.Second, 20 * time.Second}[seed/3%2]}
			play(t, seed, s)
		})
	}
}

// play plays one history, whose seed and shape say all. It returns what Facebook
// holds in the end, and what the events said.
func play(t *testing.T, seed uint64, s shape) (present map[string][]model.Row, truth *model.Truth) {
	var log *bytes.Buffer
	to := io.Discard
	if os.Getenv("SEED") != "" {
		log = new(bytes.Buffer)
		to = &locked{w: log}
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, seed, s, 60+int(seed%60), to)
		defer func() {
			w.end()
			if t.Failed() {
				w.tell(log)
			}
		}()
		w.start(w.places[0])
		for w.step() {
		}
		w.quiet()
		w.converge()
		present, truth = w.present(), w.stream.Truth()
	})
	return present, truth
}

// locked is a writer for several.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// step does one thing, and reports whether the stream goes on.
func (w *world) step() bool {
	w.t.Helper()
	p := w.places[w.rand.IntN(len(w.places))]
	if p.running != nil && p.disk.Dead() {
		w.note("%s is without power", p.name)
		w.bury(p)
	}
	switch n := w.rand.IntN(24); {
	case n < 9:
		count := 1 + w.rand.IntN(8)
		w.note("publish %d", count)
		more, err := w.events.Publish(w.t.Context(), count)
		if err != nil {
			w.t.Fatal(err)
		}
		if !more {
			return false
		}
	case n < 13:
		time.Sleep(time.Duration(w.rand.IntN(20_000)) * time.Millisecond)
	case n < 17:
		w.comeOrGo(p)
	case n < 19:
		w.moveBrokers()
	case n < 21:
		w.failBroker()
	case n < 23:
		kind := graphFaults[w.rand.IntN(len(graphFaults))]
		w.note("Facebook: %s", kind)
		w.graph.Inject(graphtest.Fault{Kind: kind, Count: 1 + w.rand.IntN(2), Delay: time.Duration(w.rand.IntN(8)) * time.Second})
	default:
		if w.rand.IntN(4) == 0 {
			w.replay()
		}
	}
	return true
}

var graphFaults = []graphtest.Kind{
	graphtest.Code1, graphtest.Code2Transient, graphtest.HTTP503, graphtest.HTML500, graphtest.HTTP200Text, graphtest.Slow,
	graphtest.ResetBefore, graphtest.ResetAfter, graphtest.TimeoutBefore, graphtest.TimeoutAfter,
}

// comeOrGo starts a replica, or ends the one that runs, in one of the ways in
// which replicas end.
func (w *world) comeOrGo(p *place) {
	w.t.Helper()
	if p.running == nil {
		w.note("start %s", p.name)
		w.start(p)
		return
	}
	switch w.rand.IntN(6) {
	case 0, 1:
		w.note("stop %s", p.name)
		w.stop(p)
	case 2:
		w.note("power of %s", p.name)
		p.disk.CutPower()
		w.bury(p)
	case 3, 4:
		n := 1 + w.rand.IntN(40)
		w.note("power of %s at operation %d", p.name, n)
		p.disk.CutPowerAt(n)
	default:
		w.note("power and disk of %s", p.name)
		p.disk.CutPower()
		w.bury(p)
		p.disk.Replace()
	}
}

// moveBrokers has partitions or coordinators move.
func (w *world) moveBrokers() {
	switch w.rand.IntN(3) {
	case 0:
		w.note("rehash coordinators")
		w.kafka.RehashCoordinators()
	case 1:
		w.note("shuffle leaders")
		w.kafka.ShufflePartitionLeaders()
	default:
		topic := model.Topics()[0].Name
		partition := int32(w.rand.IntN(w.partitions))
		if err := w.kafka.MoveTopicPartition(topic, partition, int32(w.rand.IntN(3))); err != nil {
			w.t.Fatal(err)
		}
	}
}

// failBroker has some requests of a kind refused, or answered by a time-out
// after they were carried out.
func (w *world) failBroker() {
	keys := []kmsg.Key{kmsg.Produce, kmsg.Fetch, kmsg.Heartbeat, kmsg.OffsetCommit, kmsg.OffsetFetch, kmsg.InitProducerID, kmsg.ListOffsets, kmsg.JoinGroup, kmsg.SyncGroup}
	key := keys[w.rand.IntN(len(keys))]
	errs := map[kmsg.Key][]*kerr.Error{
		kmsg.Produce:        {kerr.NotLeaderForPartition, kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend, kerr.NotEnoughReplicas},
		kmsg.Fetch:          {kerr.NotLeaderForPartition, kerr.UnknownServerError},
		kmsg.ListOffsets:    {kerr.NotLeaderForPartition},
		kmsg.InitProducerID: {kerr.CoordinatorNotAvailable, kerr.CoordinatorLoadInProgress, kerr.ConcurrentTransactions},
	}[key]
	if errs == nil {
		errs = []*kerr.Error{kerr.CoordinatorNotAvailable, kerr.NotCoordinator, kerr.CoordinatorLoadInProgress}
	}
	f := kfake.Fault{Keys: []kmsg.Key{key}, Err: errs[w.rand.IntN(len(errs))], Count: 1 + w.rand.IntN(4)}
	if key == kmsg.Produce {
		// The test itself writes the sources and takes no error for an answer.
		f.When = func(r kmsg.Request) bool {
			p, ok := r.(*kmsg.ProduceRequest)
			return ok && len(p.Topics) > 0 && len(p.Topics[0].Topic) > 6 && p.Topics[0].Topic[:7] == "muster."
		}
	}
	w.note("broker: %s %v, %d times", key.Name(), f.Err.Message, f.Count)
	w.kafka.Fault(f)
}

// replay has everything read again, as an operator would: with no replica, the
// group's offsets go back.
func (w *world) replay() {
	w.t.Helper()
	w.note("replay")
	for _, p := range w.places {
		switch {
		case p.running == nil:
		case p.disk.Dead():
			w.bury(p)
		default:
			w.stop(p)
		}
	}
	time.Sleep(15 * time.Second) // members that died are forgotten
	topics := map[string][]kafka.OffsetCommit{}
	for _, t := range model.Topics() {
		for p := range w.partitions {
			topics[t.Name] = append(topics[t.Name], kafka.OffsetCommit{Partition: p})
		}
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	for {
		res, err := w.client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
			GroupID: config.Defaults().Group + "-membership", GenerationID: -1, Topics: topics,
		})
		for _, ps := range firstOf(res).Topics {
			for _, p := range ps {
				if err == nil {
					err = p.Error
				}
			}
		}
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			w.t.Fatalf("rewind: %v", err)
		}
		time.Sleep(time.Second)
	}
	w.start(w.places[w.rand.IntN(len(w.places))])
}

func firstOf(r *kafka.OffsetCommitResponse) *kafka.OffsetCommitResponse {
	if r == nil {
		return &kafka.OffsetCommitResponse{}
	}
	return r
}

// quiet ends all faults and leaves one or two replicas to do what is left.
func (w *world) quiet() {
	w.t.Helper()
	for more := true; more; {
		var err error
		if more, err = w.events.Publish(w.t.Context(), 1000); err != nil {
			w.t.Fatal(err)
		}
	}
	w.graph.ClearFaults()
	for _, p := range w.places {
		p.disk.CutPowerAt(never)
		if p.running != nil && p.disk.Dead() {
			w.bury(p)
		}
	}
	if w.places[0].running == nil {
		w.start(w.places[0])
	}
	w.note("quiet")
	w.forgetDead()
}

// forgetDead has the groups forget members that died. kfake keeps one for ever
// that dies between joining and its first heartbeat, where Kafka's coordinator
// counts the session from the join; only a rebalance makes kfake ask for it, and
// one that is still under way does not count.
func (w *world) forgetDead() {
	w.t.Helper()
	live := 0
	for _, p := range w.places {
		if p.running != nil {
			live++
		}
	}
	for range 5 {
		time.Sleep(30 * time.Second) // longer than any session
		dead := ""
		for _, stage := range []string{"membership", "uploader"} {
			if g := w.kafka.GroupInfo(w.config().Group + "-" + stage); g != nil && len(g.Members) > live {
				dead = g.Group
			}
		}
		if dead == "" {
			return
		}
		w.note("a dead member stays in group %s", dead)
		w.stop(w.places[0])
		w.start(w.places[0])
	}
}

// never is an operation that no history reaches.
const never = 1 << 40
