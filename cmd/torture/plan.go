package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"muster/uploader/facebook/graphtest"
)

const (
	maxWorkers = 4
	brokers    = 3
)

// kind is what breaks.
type kind string

// What breaks a worker.
const (
	killWorker    kind = "kill_worker"      // and starts it again
	killInFlight  kind = "kill_in_flight"   // with a request of it under way
	freeze        kind = "freeze"           // for longer than its session, and lets it go on
	freezeFlight  kind = "freeze_in_flight" // likewise, with a request under way
	freezeRetry   kind = "freeze_in_retry"  // likewise, with a request about to be repeated
	restartWorker kind = "restart"
	restartLate   kind = "restart_late" // when a request was cut off that takes effect later
	leave         kind = "leave"        // for good
	join          kind = "join"
	wipeState     kind = "wipe_state"   // lose the disk
	spoilState    kind = "spoil_state"  // truncate or garble files
	cutKafka      kind = "cut_kafka"    // refuse connections
	hushKafka     kind = "hush_kafka"   // let nothing through
	slowKafka     kind = "slow_kafka"   // delay everything
	narrowKafka   kind = "narrow_kafka" // few KB a second
	cutGraph      kind = "cut_graph"
	hushGraph     kind = "hush_graph"
	slowGraph     kind = "slow_graph"
)

// What breaks the rest.
const (
	killBroker    kind = "kill_broker"
	freezeBroker  kind = "freeze_broker" // it answers nothing and keeps its connections
	burst         kind = "graph_burst"   // the same fault several times
	unsigned      kind = "graph_tos"     // terms unsigned for a while
	expired       kind = "graph_token"   // the token expires; another one replaces it
	throttled     kind = "graph_limit"   // one worker is told to be silent
	hidden        kind = "graph_hidden"  // an audience is gone for everybody, and comes back
	deleted       kind = "graph_deleted" // an audience is deleted, in runs whose worker makes it anew
	replayAll     kind = "replay_all"    // from the first record
	replayTime    kind = "replay_time"   // from some time on
	replayRandom  kind = "replay_random" // from anywhere, other in each partition
	replayMembers kind = "replay_members"
)

// step is one thing that breaks.
type step struct {
	at   time.Duration // after the start of the run, or when the one before is over
	kind kind
	hold time.Duration // how long it stays broken
	// n is the broker, the number of faults, or a seed for what else is drawn.
	n     uint64
	fault graphtest.Kind
	op    graphtest.Op // the requests that the fault is for; blank: all
}

func (s step) String() string {
	text := fmt.Sprintf("%5.1fs %s", s.at.Seconds(), s.kind)
	if s.hold > 0 {
		text += fmt.Sprintf(" for %.1fs", s.hold.Seconds())
	}
	if s.fault != "" {
		text += fmt.Sprintf(" %d× %s %s", s.n, s.fault, s.op)
	}
	if s.kind == killBroker || s.kind == freezeBroker {
		text += fmt.Sprintf(" %d", s.n)
	}
	return text
}

// plan is all that a seed decides.
type plan struct {
	seed uint64
	size size
	mood mood

	workers [maxWorkers][]step
	turns   []turn // of workers that break one after the other
	first   int    // workers that run from the start; the others join
	brokers []step
	graph   []step
	group   []step

	recreates  bool          // the worker makes audiences anew that are gone
	session    time.Duration // of the worker's group
	timeout    time.Duration // of its requests to Facebook
	faultRate  float64
	faultKinds []graphtest.Kind
	// faultDelay is how much later what a fault carries out takes effect. With
	// reorder it stays below timeout, for which the worker rests after a request
	// of which it has no answer.
	faultDelay time.Duration
	latency    time.Duration
	reorder    time.Duration
	window     time.Duration
	pace       time.Duration // longest time of peace between two steps of a worker
}

// byChance are the faults that hit any request. Those that silence a client for
// a minute or more are steps instead.
var byChance = []graphtest.Kind{
	graphtest.Code1, graphtest.Code1_99, graphtest.Code2Transient, graphtest.HTTP500, graphtest.HTTP503, graphtest.HTTP200Text,
	graphtest.HTML400, graphtest.HTML500, graphtest.Slow, graphtest.ResetBefore, graphtest.ResetAfter, graphtest.TimeoutBefore,
	graphtest.TimeoutAfter,
}

// mood is what a run is about. Whatever breaks ownership has uploads rest for
// seconds, so a run in which everything breaks sees few requests. Seeds in a row
// take turns.
type mood uint64

const (
	ofFacebook mood = iota // requests fail and take effect late, while owners stay
	ofOwners               // owners change with requests under way
	ofAll                  // everything breaks
	moods
)

func (m mood) String() string { return [...]string{"facebook", "owners", "all"}[m] }

func newPlan(seed uint64, s size) *plan {
	r := rand.New(rand.NewPCG(seed, 0x746f7274757265))
	p := &plan{seed: seed, size: s, mood: mood(seed % uint64(moods))}
	p.session = pick(r, 4*time.Second, 6*time.Second)
	p.timeout = 3 * time.Second
	p.faultRate = pick(r, 0.02, 0.05, 0.1, 0.2)
	p.faultKinds = byChance
	p.latency = between(r, 10*time.Millisecond, 250*time.Millisecond)
	p.reorder = pick(r, 0, 300*time.Millisecond, time.Second)
	p.faultDelay = pick(r, p.latest(), between(r, 0, p.latest()))
	p.window = between(r, 500*time.Millisecond, 1500*time.Millisecond)
	switch p.mood {
	case ofFacebook:
		p.first, p.pace, p.session = 1+r.IntN(2), s.chaos, 10*time.Second // on a busy machine too
		p.workers[0] = []step{{at: between(r, s.chaos/3, s.chaos), kind: pick(r, restartLate, restartWorker), n: r.Uint64()}}
	case ofOwners:
		p.first, p.session = 2+r.IntN(2), 4*time.Second
		p.turns = p.ownerTurns(r)
	default:
		p.first, p.pace = 1+r.IntN(3), pick(r, 6*time.Second, 15*time.Second, 30*time.Second)
		for i := range maxWorkers {
			p.workers[i] = p.workerSteps(r, i)
		}
		p.brokers = brokerSteps(r, s.chaos)
		p.group = groupSteps(r, s.chaos)
	}
	p.graph = graphSteps(r, s.chaos)
	// Of a hidden audience and a deleted one a run has one or the other: who makes
	// audiences anew must not be shown one again.
	p.recreates = rand.New(rand.NewPCG(seed, 0x64656c65746564)).IntN(2) == 0
	for i := range p.graph {
		if s := &p.graph[i]; p.recreates && s.kind == hidden {
			s.kind, s.hold = deleted, 0
		}
	}
	return p
}

// latest is how late what a fault carries out may take effect.
func (p *plan) latest() time.Duration { return p.timeout - p.reorder - lateMargin }

// lateMargin is kept between the latest effect of a request and the end of the
// worker's rest. The emulator allows as much: it learns a little later than the
// client that a request was given up.
const lateMargin = 200 * time.Millisecond

// turn is a step of one of the workers.
type turn struct {
	worker int
	step
}

// takenOver is after how long another owner acts on what a worker that died or
// froze has let go.
func (p *plan) takenOver() time.Duration { return 2*p.session + p.timeout }

// ownerTurns hand over with requests under way. Between two there is time for
// uploads, without which there is nothing to go wrong.
func (p *plan) ownerTurns(r *rand.Rand) (turns []turn) {
	for at := between(r, time.Second, 4*time.Second); at < p.size.chaos; {
		t := turn{r.IntN(p.first), step{at: at, n: r.Uint64()}}
		t.kind = pick(r, restartLate, restartLate, restartLate, freezeRetry, freezeRetry, freezeFlight, killInFlight, cutKafka, restartWorker)
		switch t.kind {
		case freezeRetry, freezeFlight:
			t.hold = between(r, p.takenOver()+time.Second, p.takenOver()+4*time.Second)
		case cutKafka:
			t.hold = between(r, p.session, p.takenOver())
		default:
			t.hold = between(r, 0, 2*time.Second)
		}
		turns = append(turns, t)
		at += t.hold + between(r, 3*time.Second, 6*time.Second)
	}
	return turns
}

func (p *plan) workerSteps(r *rand.Rand, worker int) (steps []step) {
	chaos, pace, runs, stays := p.size.chaos, p.pace, worker < p.first, worker == 0
	at := between(r, time.Second, 3*time.Second+pace)
	if !runs {
		if r.IntN(3) == 0 {
			return nil
		}
		steps = append(steps, step{at: between(r, time.Second, chaos*2/3), kind: join})
		at = steps[0].at + between(r, 2*time.Second, 2*time.Second+pace)
	}
	for at < chaos {
		s := step{at: at, n: r.Uint64()}
		switch n := r.IntN(100); {
		case n < 12:
			s.kind, s.hold = killWorker, between(r, 0, 9*time.Second)
		case n < 20:
			s.kind, s.hold = killInFlight, between(r, 0, 9*time.Second)
		case n < 24:
			s.kind, s.hold = freeze, between(r, 2*time.Second, p.takenOver()+4*time.Second)
		case n < 31:
			s.kind, s.hold = freezeFlight, between(r, p.session, p.takenOver()+4*time.Second)
		case n < 39:
			s.kind, s.hold = freezeRetry, between(r, p.takenOver(), p.takenOver()+4*time.Second)
		case n < 47:
			s.kind, s.hold = restartLate, between(r, 0, 4*time.Second)
		case n < 55:
			s.kind, s.hold = restartWorker, between(r, 0, 4*time.Second)
		case n < 58 && !stays:
			return append(steps, step{at: at, kind: leave})
		case n < 64:
			s.kind, s.hold = wipeState, between(r, 0, 4*time.Second)
		case n < 71:
			s.kind, s.hold = spoilState, between(r, 0, 4*time.Second)
		case n < 77:
			s.kind, s.hold = cutKafka, between(r, time.Second, 14*time.Second)
		case n < 83:
			s.kind, s.hold = hushKafka, between(r, time.Second, 14*time.Second)
		case n < 87:
			s.kind, s.hold = slowKafka, between(r, time.Second, 8*time.Second)
		case n < 90:
			s.kind, s.hold = narrowKafka, between(r, time.Second, 8*time.Second)
		case n < 94:
			s.kind, s.hold = cutGraph, between(r, time.Second, 6*time.Second)
		case n < 97:
			s.kind, s.hold = hushGraph, between(r, time.Second, 8*time.Second)
		default:
			s.kind, s.hold = slowGraph, between(r, time.Second, 8*time.Second)
		}
		steps = append(steps, s)
		at += s.hold + between(r, 2*time.Second, 2*time.Second+pace)
	}
	return steps
}

func brokerSteps(r *rand.Rand, chaos time.Duration) (steps []step) {
	for at := between(r, time.Second, chaos); at < chaos && len(steps) < 2; at += between(r, 10*time.Second, chaos) {
		s := step{at: at, kind: killBroker, hold: between(r, 0, 6*time.Second), n: uint64(r.IntN(brokers))}
		if r.IntN(2) == 0 {
			s.kind, s.hold = freezeBroker, between(r, time.Second, 9*time.Second)
		}
		steps = append(steps, s)
	}
	return steps
}

// inBursts are the faults of which several in a row tell more; those that leave
// an answer unknown come most. A removal that is twice too small for Facebook
// stays owed for hours, so that comes once a run.
var inBursts = []graphtest.Kind{
	graphtest.ResetAfter, graphtest.ResetAfter, graphtest.ResetAfter, graphtest.ResetBefore, graphtest.TimeoutAfter, graphtest.Slow,
	graphtest.Code1_99, graphtest.Code2Transient, graphtest.HTML500, graphtest.MissingAfterCreate, graphtest.TooMany, graphtest.BadData,
	graphtest.LowSize,
}

func graphSteps(r *rand.Rand, chaos time.Duration) (steps []step) {
	low, hid := false, 0
	for at := between(r, time.Second, 5*time.Second); at < chaos; at += between(r, time.Second, 4*time.Second) {
		s := step{at: at}
		switch n := r.IntN(20); {
		case n < 18:
			s.kind, s.n, s.fault = burst, 1+r.Uint64N(4), pick(r, inBursts...)
			s.op = pick(r, "", graphtest.OpAdd, graphtest.OpRemove)
			switch s.fault {
			case graphtest.MissingAfterCreate:
				s.op = graphtest.OpAdd
			case graphtest.LowSize:
				if low {
					continue
				}
				s.n, s.op, low = 1, graphtest.OpRemove, true
			}
		case hid < 2:
			s.kind, s.hold, s.n = hidden, between(r, time.Second, 6*time.Second), r.Uint64()
			hid++
		default:
			continue
		}
		steps = append(steps, s)
	}
	// What a person has to mend, or what takes hours, ends the uploads of this run
	// until it heals: so it comes late, and only once.
	if s := (step{at: between(r, chaos*3/5, chaos)}); r.IntN(2) == 0 {
		switch r.IntN(3) {
		case 0:
			s.kind, s.hold = unsigned, between(r, time.Second, 5*time.Second)
		case 1:
			s.kind, s.hold = expired, between(r, time.Second, 5*time.Second)
		default:
			s.kind, s.n = throttled, 1
			s.fault = pick(r, graphtest.Throttle80003, graphtest.Throttle17, graphtest.Throttle613, graphtest.Abuse613, graphtest.Code4, graphtest.Code368)
		}
		steps = append(steps, s)
	}
	slices.SortFunc(steps, func(a, b step) int { return int(a.at - b.at) })
	return steps
}

func groupSteps(r *rand.Rand, chaos time.Duration) (steps []step) {
	for range pick(r, 0, 1, 1, 2) {
		steps = append(steps, step{
			at: between(r, chaos/3, chaos), hold: between(r, 0, 2*time.Second), n: r.Uint64(),
			kind: pick(r, replayAll, replayTime, replayRandom, replayMembers),
		})
	}
	slices.SortFunc(steps, func(a, b step) int { return int(a.at - b.at) })
	return steps
}

// String is the schedule as a person reads it.
func (p *plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: mood %s, %d people, %d audiences, %d steps, window %s, peace up to %s\n", p.seed, p.mood, p.size.people, p.size.audiences, p.size.steps, p.window, p.pace)
	fmt.Fprintf(&b, "worker: session %s, time-out of requests %s\n", p.session, p.timeout)
	fmt.Fprintf(&b, "facebook: latency %s, reorder %s, fault rate %v of %v, fault delay %s\n", p.latency, p.reorder, p.faultRate, p.faultKinds, p.faultDelay)
	list := func(who string, steps []step) {
		for _, s := range steps {
			fmt.Fprintf(&b, "%-8s %s\n", who, s)
		}
	}
	for i, steps := range p.workers {
		who := fmt.Sprintf("worker %d", i)
		if i < p.first {
			fmt.Fprintf(&b, "%-8s   0.0s runs\n", who)
		}
		list(who, steps)
	}
	for _, t := range p.turns {
		list(fmt.Sprintf("worker %d", t.worker), []step{t.step})
	}
	list("brokers", p.brokers)
	list("facebook", p.graph)
	list("group", p.group)
	return b.String()
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func between(r *rand.Rand, from, to time.Duration) time.Duration {
	d := from + time.Duration(r.Int64N(int64(to-from)))
	return d.Round(10 * time.Millisecond)
}
