package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"muster/cmd/internal/model"
	"muster/consumer/kafkatest"
	"muster/uploader/facebook/graphtest"
)

const (
	firstToken  = "torture-token-0"
	deadSubcode = 463 // expired
)

var errNotYet = errors.New("not yet")

// streamStart is long ago: nothing may depend on the events being new.
var streamStart = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

const tick = 5 * time.Millisecond

// run is one seed carried out.
type run struct {
	plan     *plan
	dir      string // logs, state, what is kept
	binaries binaries
	cluster  *kafkatest.Cluster
	client   *kafka.Client
	prefix   string // of topics
	group    string

	began     time.Time // of the chaos, once it has
	stream    *model.Stream
	events    *generator
	graph     *emulator
	workers   []*worker
	tokenFile string

	mu      sync.Mutex
	token   int // tokens made
	counts  map[kind]int
	diary   []string
	faults  []string // what must not be: each fails the run
	restart bool     // somebody was told to wait for a person, or for hours
}

// own is the full name of one of the worker's own topics.
func (r *run) own(name string) string { return r.prefix + "muster." + name }

// due waits for a step's time; one that is late leaves a second to recover.
func (r *run) due(ctx context.Context, s step) error {
	return wait(ctx, max(time.Second, s.at-time.Since(r.began)))
}

// did notes and counts what was broken.
func (r *run) did(k kind, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[k]++
	r.write("%s %s", k, what)
	if k == throttled || k == unsigned || k == expired || k == hidden {
		r.restart = true
	}
}

// note notes what happened besides.
func (r *run) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.write(format, args...)
}

// write adds to the diary.
func (r *run) write(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.diary = append(r.diary, fmt.Sprintf("%s %6.2fs %s", time.Now().UTC().Format("15:04:05.000"), time.Since(r.began).Seconds(), text))
}

// fault notes what must not be.
func (r *run) fault(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	r.faults = append(r.faults, text)
	r.write("FAULT %s", text)
}

// do carries the run out. An error means that the run itself could not go on;
// what the worker did wrong is in faults.
func (r *run) do(ctx context.Context, converge time.Duration) (res result, err error) {
	res = result{Seed: r.plan.seed}
	start := time.Now()
	r.began = start
	r.counts = make(map[kind]int)
	defer func() {
		res.Duration = time.Since(start).Round(100 * time.Millisecond).Seconds()
		res.Chaos = maps.Clone(r.counts)
		res.Faults = r.faults
	}()
	defer r.close()
	if err := r.open(ctx); err != nil {
		return res, err
	}
	defer func() {
		if err != nil || len(r.faults) > 0 {
			if err := r.keep(ctx); err != nil {
				r.fault("keep what the run leaves: %v", err)
			}
		}
	}()
	if err := r.chaos(ctx); err != nil {
		return res, err
	}
	if err := r.heal(ctx); err != nil {
		return res, err
	}
	res.Records = r.events.count
	rows, err := r.converge(ctx, converge)
	if err != nil {
		return res, err
	}
	res.Rows = rows
	for _, w := range r.workers {
		w.look()
		w.stop(ctx)
	}
	if err := r.judge(ctx); err != nil {
		return res, err
	}
	stats, err := r.graph.stats(ctx)
	if err != nil {
		return res, err
	}
	res.Requests, res.Graph = stats.Requests, stats.Faults
	journal, err := r.graph.journal(ctx)
	if err != nil {
		return res, err
	}
	res.Pressure = pressureOf(journal, 2*r.plan.timeout)
	return res, nil
}

func (r *run) open(ctx context.Context) error {
	s := r.plan.size
	r.stream = model.New(model.Options{
		Seed: r.plan.seed, People: s.people, Audiences: s.audiences, Partitions: s.partitions, Steps: s.steps,
		Start: streamStart, Tick: tick, Hot: s.hot, Skew: true,
	})
	err := until(ctx, time.Minute, time.Second, func() error { return createTopics(ctx, r.client, r.prefix, s.partitions) })
	if err != nil {
		return err
	}
	if r.events, err = newGenerator(r.cluster.Addrs(), r.prefix, r.stream); err != nil {
		return err
	}
	r.tokenFile = filepath.Join(r.dir, "token")
	if err := os.WriteFile(r.tokenFile, []byte(firstToken), 0o600); err != nil {
		return err
	}
	if r.graph, err = startEmulator(ctx, r.binaries.emulator, r.dir, r.plan); err != nil {
		return err
	}
	for n := range maxWorkers {
		w := &worker{run: r, n: n, dir: filepath.Join(r.dir, fmt.Sprintf("state-%d", n))}
		r.workers = append(r.workers, w)
		var routes []route
		for _, node := range r.cluster.Nodes() {
			door := node.Doors()[n]
			routes = append(routes, route{door.Advertised, door.Listen})
		}
		if w.kafka, err = openLink(fmt.Sprintf("kafka-%d", n), routes...); err != nil {
			return err
		}
		if w.graph, err = openLink(fmt.Sprintf("graph-%d", n), route{"127.0.0.1:0", r.graph.api}); err != nil {
			return err
		}
		if n < r.plan.first {
			if err := w.start(); err != nil {
				return err
			}
		}
	}
	return nil
}

// close ends everything that belongs to the run alone.
func (r *run) close() {
	for _, w := range r.workers {
		w.kill()
		w.kafka.close()
		w.graph.close()
	}
	if r.graph != nil {
		r.graph.close()
	}
}

// chaos lets the stream flow and breaks what the plan says, from when Facebook
// was first sent somebody.
func (r *run) chaos(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.events.run(ctx, r.plan.size.steps, r.plan.size.chaos*9/8) })
	if err := r.awaitUploads(ctx); err != nil {
		return errors.Join(err, g.Wait())
	}
	r.began = time.Now()
	for _, w := range r.workers {
		g.Go(func() error { return r.breakWorker(ctx, w) })
	}
	g.Go(func() error { return r.breakWorkers(ctx) })
	g.Go(func() error { return r.breakBrokers(ctx) })
	g.Go(func() error { return r.breakGraph(ctx) })
	g.Go(func() error { return r.replay(ctx) })
	return g.Wait()
}

// uploadLimit bounds the wait for the first upload.
const uploadLimit = time.Minute

// awaitUploads waits until there are members in Facebook.
func (r *run) awaitUploads(ctx context.Context) error {
	return until(ctx, uploadLimit, 100*time.Millisecond, func() error {
		s, err := r.graph.stats(ctx)
		if err == nil && s.Lines == 0 {
			err = errNotYet
		}
		return err
	})
}

// heal ends all that is broken. Who was told to wait for a person, or for
// longer than a run takes, is restarted as that person would.
func (r *run) heal(ctx context.Context) error {
	if err := r.graph.clearFaults(ctx); err != nil {
		return err
	}
	limit, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := r.cluster.InSync(limit); err != nil {
		return err
	}
	for _, w := range r.workers {
		w.look()
		if w.running() && r.restart {
			w.stop(ctx)
			if err := w.start(); err != nil {
				return err
			}
		}
	}
	r.note("healed")
	return r.revive()
}

// revive has one worker run if none does.
func (r *run) revive() error {
	for _, w := range r.workers {
		if w.look(); w.running() {
			return nil
		}
	}
	return r.workers[0].start()
}

// rotateToken lets the token expire and gives another one after a while.
func (r *run) rotateToken(ctx context.Context, after time.Duration) error {
	old := fmt.Sprintf("torture-token-%d", r.token)
	r.token++
	next := fmt.Sprintf("torture-token-%d", r.token)
	if err := r.graph.token(ctx, old, deadSubcode); err != nil {
		return err
	}
	waited := wait(ctx, after)
	if err := r.graph.token(ctx, next, 0); err != nil {
		return err
	}
	if err := os.WriteFile(r.tokenFile, []byte(next), 0o600); err != nil {
		return err
	}
	return waited
}

// rowsOfMany is more rows than one member has.
const rowsOfMany = 40

// burstOf is several faults of one kind, for whoever calls next.
func burstOf(s step, delay time.Duration) fault {
	f := fault{Kind: s.fault, Match: graphtest.Match{Op: s.op, Path: "/users"}, Count: int(s.n), Delay: delay.String()}
	if s.fault == graphtest.TooMany || s.fault == graphtest.BadData {
		// Of one member's rows alone it would be the rows' fault, for good.
		f.Match.Rows = rowsOfMany
	}
	return f
}
