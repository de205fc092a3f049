package histories

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"muster/cmd/internal/config"
	"muster/cmd/internal/model"
	"muster/cmd/internal/worker"
	"muster/consumer/consumertest"
	"muster/consumer/kafkatest"
	"muster/uploader/facebook/graphtest"
)

// requestTimeout is how long a worker waits for Facebook.
const requestTimeout = 5 * time.Second

// streamStart is long ago: nothing may depend on the events being new.
var streamStart = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// worldStart is when histories begin. A bubble's time begins in 2000, when people
// of today were not born.
var worldStart = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// world is all that is not the worker, and the replicas.
type world struct {
	t          *testing.T
	rand       *rand.Rand
	partitions int
	window     time.Duration
	kafka      *kafkatest.Fake
	client     *kafka.Client
	graph      *graphtest.Server
	stream     *model.Stream
	events     *model.Publisher
	places     []*place // of replicas
	ending     []chan struct{}
	log        io.Writer
	did        []string
}

// place is where a replica runs: it has a disk, and at times a replica.
type place struct {
	name    string
	disk    *consumertest.Disk
	running *replica
}

type replica struct {
	worker  *worker.Worker
	network *network
	cancel  context.CancelFunc
	ended   chan struct{}
	err     error
}

// shape is what a history may have one way or the other and end the same.
type shape struct {
	partitions int
	window     time.Duration
}

// newWorld is called inside a bubble.
func newWorld(t *testing.T, seed uint64, s shape, steps int, log io.Writer) *world {
	t.Helper()
	time.Sleep(time.Until(worldStart))
	k := kafkatest.StartVirtual(t)
	r := rand.New(rand.NewPCG(seed, 5))
	w := &world{t: t, rand: r, partitions: s.partitions, window: s.window, kafka: k, client: k.Client(t), log: log}
	w.graph = graphtest.New(graphtest.Options{
		Accounts:            []graphtest.Account{{ID: graphtest.DefaultAccount, Quota: graphtest.Unmetered()}},
		Latency:             time.Duration(r.IntN(1500)) * time.Millisecond,
		ApplyDelay:          time.Duration(r.IntN(1500)) * time.Millisecond,
		UnknownAnswerWindow: requestTimeout,
		Seed:                seed,
	})
	w.stream = model.New(model.Options{
		Seed: seed, People: 10 + int(seed%20), Audiences: 5, Partitions: s.partitions, Steps: steps,
		Start: streamStart, Tick: 5 * time.Millisecond, WellKeyed: true,
	})
	w.events = model.NewPublisher(w.client, w.stream)
	if err := w.events.CreateTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		w.places = append(w.places, &place{
			name: string(rune('a' + i)), disk: consumertest.NewDisk(rand.New(rand.NewPCG(seed, uint64(10+i)))),
		})
	}
	return w
}

// config has short times, so that a history costs little, and all else as shipped.
func (w *world) config() *config.Config {
	c := config.Defaults()
	c.Kafka.Brokers = w.kafka.Addrs
	c.Kafka.SessionTimeout = 9 * time.Second
	c.Kafka.RebalanceTimeout = 9 * time.Second
	c.Kafka.HeartbeatInterval = 3 * time.Second
	for _, topic := range model.Topics() {
		source := config.Source{Topic: topic.Name, Audience: topic.Audience, Tombstone: "ignore"}
		if topic.TombstoneErases {
			source.Tombstone = "erase"
		}
		c.Sources = append(c.Sources, source)
	}
	c.Topics.ReplicationFactor = 1
	c.UserKeySecret = "a secret of the histories"
	c.Facebook.AdAccount, c.Facebook.AccessToken = graphtest.DefaultAccount, graphtest.DefaultToken
	c.Facebook.RequestTimeout = requestTimeout
	c.Window, c.FirstSyncQuiet = w.window, 2*time.Second
	c.DefaultCountry = model.DefaultCountry
	c.HTTP.Listen, c.Page.Listen = config.Off, config.Off
	return c
}

// start starts a replica at a place, on what its disk holds.
func (w *world) start(p *place) {
	w.t.Helper()
	p.disk.Restart()
	r := &replica{network: newNetwork(w.kafka.Dial, w.graph.RoundTripper()), ended: make(chan struct{})}
	p.disk.OnDeath(r.network.Cut)
	wk, err := worker.New(w.config(), worker.Options{
		Version: "test", Dial: r.network.Dial, Transport: r.network, FS: p.disk.FS(),
		Logger: slog.New(slog.NewTextHandler(w.log, nil)).With("replica", p.name),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	r.worker = wk
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(context.Background())
	go func() {
		defer close(r.ended)
		r.err = wk.Run(ctx)
	}()
	p.running = r
}

// stop ends the replica as an operator would and waits.
func (w *world) stop(p *place) {
	w.t.Helper()
	r := p.running
	p.running = nil
	r.cancel()
	<-r.ended
	if r.err != nil && !p.disk.Dead() {
		w.t.Errorf("replica %s: %v", p.name, r.err)
	}
}

// bury ends what is left of a replica without power. It can do nothing any more,
// and nobody waits for it.
func (w *world) bury(p *place) {
	p.running.cancel()
	w.ending = append(w.ending, p.running.ended)
	p.running = nil
}

// end stops everything, so that the bubble can end.
func (w *world) end() {
	for _, p := range w.places {
		if p.running != nil {
			w.stop(p)
		}
	}
	for _, ended := range w.ending {
		<-ended
	}
}

// present reads all audiences back, by key, which is their name here.
func (w *world) present() map[string][]model.Row {
	present := make(map[string][]model.Row)
	for _, a := range w.graph.Audiences() {
		rows := present[a.Name]
		for _, r := range a.Rows() {
			rows = append(rows, model.Row(r))
		}
		present[a.Name] = rows
	}
	return present
}

// patience is how long convergence may take in the bubble's time.
const patience = 30 * time.Minute

// converge waits until every audience holds what the model says, and holds the
// rest of I6 and of a good client against what happened.
func (w *world) converge() {
	w.t.Helper()
	wanted := w.stream.Truth().Members()
	var diffs []string
	for waited := time.Duration(0); ; waited += w.window {
		time.Sleep(w.window)
		if diffs = model.Compare(wanted, w.present(), 5); len(diffs) == 0 {
			break
		}
		if waited > patience {
			w.t.Errorf("Facebook is not what the events say:\n%s", strings.Join(diffs, "\n"))
			for _, p := range w.places {
				if p.running != nil {
					w.t.Logf("replica %s: %v", p.name, p.running.worker.Status())
				}
			}
			for _, e := range w.graph.Journal() {
				w.t.Logf("journal %s %+v", e.Start.Format("15:04:05.000"), e)
			}
			for _, stage := range []string{"membership", "uploader"} {
				w.t.Logf("group of %s: %+v", stage, w.kafka.GroupInfo(w.config().Group+"-"+stage))
			}
			for _, d := range diffs {
				for user := range strings.FieldsSeq(d) {
					if story := w.stream.Truth().Story(user); story != "" {
						w.t.Logf("%s:\n%s", user, story)
					}
				}
			}
			return
		}
	}
	for _, v := range w.graph.Violations() {
		if v.Kind == graphtest.WhileThrottled {
			continue // the answer that said so went down with its owner
		}
		w.t.Errorf("violation: %+v", v)
	}
	seen := make(map[string]bool)
	for _, a := range w.graph.Audiences() {
		if seen[a.Name] {
			w.t.Errorf("audience %s was created twice", a.Name)
		}
		seen[a.Name] = true
	}
}

// note keeps what was done, for the text of a failed test.
func (w *world) note(format string, args ...any) {
	text := time.Now().Format("15:04:05 ") + fmt.Sprintf(format, args...)
	w.did = append(w.did, text)
	fmt.Fprintf(w.log, "== %s\n", text) // a test's own log
}

// tell shows what was done.
func (w *world) tell(log *bytes.Buffer) {
	w.t.Logf("what was done:\n%s", strings.Join(w.did, "\n"))
	if log != nil {
		w.t.Logf("what the replicas said:\n%s", log)
	}
}
