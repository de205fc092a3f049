package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"muster/cmd/internal/config"
	"muster/cmd/internal/model"
	"muster/cmd/internal/worker"
	"muster/consumer/kafkatest"
)

// replica is one running worker.
type replica interface {
	// stop ends it as an operator would and waits.
	stop()
	// kill ends it as a crash would.
	kill()
}

// starter starts replicas. The state directory may be that of a replica that
// runs no more.
type starter func(w *world, name, stateDir string) replica

// logDir keeps the replicas' logs when the test fails.
func logDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "muster-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("logs of the replicas: %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove logs: %v", err)
		}
	})
	return dir
}

func openLog(t *testing.T, dir, name string) *os.File {
	f, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// inProcess runs replicas inside the test.
func inProcess(logs string) starter {
	return func(w *world, name, stateDir string) replica {
		w.t.Helper()
		log := openLog(w.t, logs, name)
		logger := slog.New(slog.NewTextHandler(log, nil)).With("replica", name)
		wk, err := worker.New(w.config(name, stateDir), worker.Options{Logger: logger})
		if err != nil {
			w.t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer log.Close()
			if err := wk.Run(ctx); err != nil {
				w.t.Errorf("replica %s: %v", name, err)
			}
		}()
		r := &goroutine{cancel: cancel, done: done}
		w.t.Cleanup(r.stop)
		return r
	}
}

type goroutine struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func (g *goroutine) stop() {
	g.cancel()
	<-g.done
}

// kill is stop: a part of a process cannot crash alone.
func (g *goroutine) kill() { g.stop() }

// process is a replica in a process of the built binary.
type process struct {
	t      *testing.T
	name   string
	cmd    *exec.Cmd
	exited chan struct{}
}

// asProcess runs replicas as processes of the binary.
func asProcess(binary, logs string) starter {
	return func(w *world, name, stateDir string) replica {
		w.t.Helper()
		path := filepath.Join(logs, name+".yaml")
		if err := os.WriteFile(path, []byte(yamlOf(w.config(name, stateDir))), 0o600); err != nil {
			w.t.Fatal(err)
		}
		log := openLog(w.t, logs, name)
		cmd := exec.Command(binary, "run", "--config", path)
		cmd.Stdout, cmd.Stderr = log, log
		kafkatest.DieWithParent(cmd)
		p := &process{t: w.t, name: name, cmd: cmd, exited: make(chan struct{})}
		started := make(chan error)
		go func() {
			runtime.LockOSThread() // the kernel watches the thread that starts a process
			defer runtime.UnlockOSThread()
			defer log.Close()
			err := cmd.Start()
			started <- err
			if err == nil {
				_ = cmd.Wait() // stop and kill judge how it ended
				close(p.exited)
			}
		}()
		if err := <-started; err != nil {
			w.t.Fatalf("start replica %s: %v", name, err)
		}
		w.t.Cleanup(p.kill)
		return p
	}
}

// stop also checks that a replica that is asked to stop ends without an error.
func (p *process) stop() {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Errorf("stop replica %s: %v", p.name, err)
	}
	<-p.exited
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Errorf("replica %s ended with status %d", p.name, code)
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // an error means that it is gone
	<-p.exited
}

// yamlOf writes what world.config sets as an operator would.
func yamlOf(c *config.Config) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("kafka:\n  brokers: [%q]", strings.Join(c.Kafka.Brokers, `", "`))
	line("  session_timeout: %s\n  rebalance_timeout: %s\n  heartbeat_interval: %s", c.Kafka.SessionTimeout, c.Kafka.RebalanceTimeout, c.Kafka.HeartbeatInterval)
	line("sources:")
	for _, s := range c.Sources {
		line("  - {topic: %q, tombstone: %q, audience: %q, repartition: %t}", s.Topic, s.Tombstone, s.Audience, s.Repartition)
	}
	line("state_dir: %q\nuser_key_secret: %q", c.StateDir, userKeySecret)
	line("facebook:\n  base_url: %q\n  ad_account: %q\n  access_token: %q\n  request_timeout: %s",
		c.Facebook.BaseURL, c.Facebook.AdAccount, c.Facebook.AccessToken.Reveal(), c.Facebook.RequestTimeout)
	line("window: %s\nfirst_sync_quiet: %s\nmax_removed_share: 100\ndefault_country: %s", c.Window, c.FirstSyncQuiet, model.DefaultCountry)
	line("http:\n  listen: \"off\"\npage:\n  listen: \"off\"")
	return b.String()
}
