package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"muster/cmd/internal/model"
)

const (
	userKeySecret = "a secret of the tests, 16+ bytes"

	// stopLimit bounds a graceful stop: ten seconds by design, on a busy machine.
	stopLimit = 90 * time.Second
)

// worker is one replica with a disk and connections of its own, through all
// its lives. Whoever breaks it holds its lock.
type worker struct {
	run   *run
	n     int
	dir   string // its state
	kafka link
	graph link

	mu      sync.Mutex
	process *process // nil while it does not run
	life    int
}

// client is the present life's name in the journal.
func (w *worker) client() string { return fmt.Sprintf("w%d.%d", w.n, w.life) }

func (w *worker) running() bool { return w.process != nil }

// start begins a new life.
func (w *worker) start() error {
	w.life++
	base := filepath.Join(w.run.dir, w.client())
	if err := os.WriteFile(base+".yaml", []byte(w.config()), 0o600); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	p, err := startProcess(base+".log", w.run.binaries.worker, "run", "--config", base+".yaml")
	if err != nil {
		return err
	}
	w.process = p
	// Its first line shows that it has begun: before that, a signal ends a Go
	// program whatever it would make of it.
	err = until(context.Background(), 30*time.Second, 10*time.Millisecond, func() error {
		if info, err := os.Stat(base + ".log"); err != nil || info.Size() > 0 || p.gone() {
			return err
		}
		return errNotYet
	})
	if err != nil {
		return fmt.Errorf("start worker %s: no word of it: %w", w.client(), err)
	}
	return nil
}

// look notes a worker that has ended although nobody asked it to.
func (w *worker) look() {
	if w.process != nil && w.process.gone() {
		w.run.fault("worker %s ended by itself: %s; see %s.log", w.client(), w.process.ended(), w.client())
		w.process = nil
	}
}

// kill ends the worker as a crash would.
func (w *worker) kill() {
	if w.look(); w.process == nil {
		return
	}
	w.process.kill()
	w.process = nil
}

// stop ends the worker as an operator would, and checks that it obeys.
func (w *worker) stop(ctx context.Context) {
	if w.look(); w.process == nil {
		return
	}
	p := w.process
	w.process = nil
	p.signal(syscall.SIGTERM)
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case <-p.exited:
		if code := p.cmd.ProcessState.ExitCode(); code != 0 {
			w.run.fault("worker %s was asked to stop: %s; see %s.log", w.client(), p.ended(), w.client())
		}
	case <-limit.C:
		w.run.fault("worker %s does not stop within %s; see %s.log", w.client(), stopLimit, w.client())
		p.signal(syscall.SIGQUIT) // its goroutines go to the log
		_ = wait(ctx, time.Second)
		p.kill()
	case <-ctx.Done():
		p.kill()
	}
}

// config is what an operator would write: all times short, all else as shipped.
func (w *worker) config() string {
	r := w.run
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("kafka:\n  brokers: [%s]", strings.Join(r.cluster.DoorAddrs(w.n), ", "))
	line("  request_timeout: 3s\n  session_timeout: %s\n  rebalance_timeout: 30s\n  heartbeat_interval: %s", r.plan.session, r.plan.session/8)
	line("sources:")
	for _, t := range model.Topics() {
		tombstone := "ignore"
		if t.TombstoneErases {
			tombstone = "erase"
		}
		line("  - {topic: %q, tombstone: %q, audience: %q}", r.prefix+t.Name, tombstone, t.Audience)
	}
	line("topics: {prefix: %q}\ngroup: %q", r.own(""), r.group)
	line("state_dir: %q\nuser_key_secret: %q", w.dir, userKeySecret)
	line("facebook:\n  base_url: \"http://%s/%s\"\n  ad_account: %q\n  access_token_file: %q\n  request_timeout: %s",
		w.graph[0].Listen, w.client(), account, r.tokenFile, r.plan.timeout)
	line("window: %s\nfirst_sync_quiet: 1s\nmax_removed_share: 100\nresend_period: 0s\ndefault_country: %s", r.plan.window, model.DefaultCountry)
	if r.plan.recreates {
		line("on_deleted: recreate")
	}
	line("http:\n  listen: \"off\"\npage:\n  listen: \"off\"")
	return b.String()
}
