package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"muster/uploader/facebook/graphtest"
)

// inFlightLimit bounds the wait for a request to be under way: longer than a new
// owner waits before its first.
const inFlightLimit = 12 * time.Second

// breakWorkers carries out the steps of workers that take turns.
func (r *run) breakWorkers(ctx context.Context) error {
	for _, t := range r.plan.turns {
		if err := r.breakOnce(ctx, r.workers[t.worker], t.step); err != nil {
			return err
		}
	}
	return nil
}

// breakWorker carries out the steps of one worker.
func (r *run) breakWorker(ctx context.Context, w *worker) error {
	for _, s := range r.plan.workers[w.n] {
		if err := r.breakOnce(ctx, w, s); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) breakOnce(ctx context.Context, w *worker, s step) error {
	if err := r.due(ctx, s); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.suffer(ctx, s); err != nil {
		return fmt.Errorf("worker %d: %s: %w", w.n, s.kind, err)
	}
	return nil
}

// suffer carries out one step.
func (w *worker) suffer(ctx context.Context, s step) error {
	w.look()
	switch {
	case s.kind == killInFlight && !w.awaitRequest(ctx):
		s.kind = killWorker
	case s.kind == freezeFlight && !w.awaitRequest(ctx):
		s.kind = freeze
	case s.kind == freezeRetry && !w.awaitFault(ctx, fault{Kind: graphtest.Code2Transient, Count: 2}):
		s.kind = freeze
	case s.kind == restartLate && !w.awaitFault(ctx, fault{Kind: graphtest.ResetAfter, Delay: w.run.plan.latest().String()}):
		s.kind = restartWorker
	}
	w.run.did(s.kind, w.client())
	switch s.kind {
	case join:
		return w.start()
	case leave:
		w.stop(ctx)
		return nil
	case killWorker, killInFlight:
		return w.revive(ctx, s, w.kill)
	case restartWorker, restartLate:
		return w.revive(ctx, s, func() { w.stop(ctx) })
	case wipeState, spoilState:
		return w.loseState(ctx, s)
	case freeze, freezeFlight, freezeRetry:
		return w.freeze(ctx, s.hold)
	default:
		return w.disconnect(ctx, s)
	}
}

// revive ends the worker and starts it again after a while.
func (w *worker) revive(ctx context.Context, s step, end func()) error {
	end()
	if err := wait(ctx, s.hold); err != nil {
		return err
	}
	return w.start()
}

// freeze stops the process where it is and lets it go on.
func (w *worker) freeze(ctx context.Context, d time.Duration) error {
	if w.process == nil {
		return w.start()
	}
	w.process.signal(syscall.SIGSTOP)
	err := wait(ctx, d)
	w.process.signal(syscall.SIGCONT)
	w.run.note("%s goes on", w.client())
	return err
}

func (w *worker) loseState(ctx context.Context, s step) error {
	dice := rand.New(rand.NewPCG(s.n, 0))
	if dice.IntN(2) == 0 {
		w.kill()
	} else {
		w.stop(ctx)
	}
	if s.kind == wipeState {
		if err := os.RemoveAll(w.dir); err != nil {
			return err
		}
	} else if err := spoil(w.dir, dice); err != nil {
		return err
	}
	if err := wait(ctx, s.hold); err != nil {
		return err
	}
	return w.start()
}

// disconnect breaks the worker's connections for a while.
func (w *worker) disconnect(ctx context.Context, s step) error {
	l := w.kafka
	if s.kind == cutGraph || s.kind == hushGraph || s.kind == slowGraph {
		l = w.graph
	} else if s.n%3 == 0 {
		l = l[s.n/3%brokers:][:1] // to one broker only
	}
	var err error
	switch s.kind {
	case cutKafka, cutGraph:
		l.cut()
	case hushKafka, hushGraph:
		err = l.hush()
	case slowKafka, slowGraph:
		err = l.slow(100*time.Millisecond + time.Duration(s.n%400)*time.Millisecond)
	case narrowKafka:
		err = l.narrow(20 + int(s.n%200))
	}
	if err != nil {
		return err
	}
	if err := wait(ctx, s.hold); err != nil {
		return err
	}
	defer w.run.note("%s is connected again", w.client())
	return l.mend(ctx)
}

// awaitRequest waits until a request of the worker that writes is under way, and
// reports whether there was one in time.
func (w *worker) awaitRequest(ctx context.Context) bool {
	return nil == until(ctx, inFlightLimit, 10*time.Millisecond, func() error {
		ok, err := w.run.graph.writing(ctx, w.client())
		if err == nil && !ok {
			err = errNotYet
		}
		return err
	})
}

// awaitFault waits until a change of members by the worker has met the fault,
// and reports whether one did in time.
func (w *worker) awaitFault(ctx context.Context, f fault) bool {
	if w.process == nil {
		return false
	}
	f.Match.Client, f.Match.Path = w.client(), "/users"
	before, err := w.run.graph.stats(ctx)
	if err != nil || w.run.graph.inject(ctx, f) != nil {
		return false
	}
	return nil == until(ctx, inFlightLimit, 10*time.Millisecond, func() error {
		ok, err := w.run.graph.struck(ctx, w.client(), f.Kind, before.Requests)
		if err == nil && !ok {
			err = errNotYet
		}
		return err
	})
}

// breakBrokers carries out the steps of the brokers. One is down at a time, and
// the next only when all replicas are complete.
func (r *run) breakBrokers(ctx context.Context) error {
	for _, s := range r.plan.brokers {
		if err := r.due(ctx, s); err != nil {
			return err
		}
		if err := r.breakBroker(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.kind, err)
		}
	}
	return nil
}

func (r *run) breakBroker(ctx context.Context, s step) error {
	limit, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := r.cluster.InSync(limit); err != nil {
		return err
	}
	node := r.cluster.Nodes()[s.n]
	r.did(s.kind, strconv.FormatUint(s.n, 10))
	end, begin := node.Kill, r.cluster.Restart
	if s.kind == freezeBroker {
		end, begin = node.Freeze, r.cluster.Thaw
	}
	end()
	waited := wait(ctx, s.hold)
	if err := begin(context.WithoutCancel(ctx), node); err != nil {
		return err
	}
	r.note("broker %d is back", s.n)
	return waited
}

// breakGraph carries out the steps of Facebook.
func (r *run) breakGraph(ctx context.Context) error {
	for _, s := range r.plan.graph {
		if err := r.due(ctx, s); err != nil {
			return err
		}
		if err := r.upset(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.kind, err)
		}
	}
	return nil
}

func (r *run) upset(ctx context.Context, s step) error {
	switch s.kind {
	case hidden, deleted:
		return r.takeAway(ctx, s)
	}
	r.did(s.kind, string(s.fault))
	switch s.kind {
	case burst:
		return r.graph.inject(ctx, burstOf(s, r.plan.latest()))
	case throttled:
		return r.graph.inject(ctx, fault{Kind: s.fault, Delay: "-1s"})
	case unsigned:
		if err := r.graph.acceptTerms(ctx, false); err != nil {
			return err
		}
		waited := wait(ctx, s.hold)
		if err := r.graph.acceptTerms(ctx, true); err != nil {
			return err
		}
		return waited
	default:
		return r.rotateToken(ctx, s.hold)
	}
}

// takeAway deletes one of the audiences that were filled, or has it answer as if it
// were deleted for a while. Then the worker waits for a person, and restarting it is
// what one would do.
func (r *run) takeAway(ctx context.Context, s step) error {
	list, err := r.graph.audiences(ctx)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(a graphtest.Audience) bool { return a.Lines == 0 })
	if len(list) == 0 {
		return nil
	}
	a := list[s.n%uint64(len(list))]
	r.did(s.kind, a.Name)
	if s.kind == deleted {
		return r.graph.remove(ctx, a.ID)
	}
	if err := r.graph.hide(ctx, a.ID, true); err != nil {
		return err
	}
	waited := wait(ctx, s.hold)
	if err := r.graph.hide(ctx, a.ID, false); err != nil {
		return err
	}
	r.note("%s is back", a.Name)
	return waited
}
