package worker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"muster/cmd/internal/worker"
	"muster/consumer/kafkatest"
	"muster/uploader/facebook/graphtest"
)

// inChild is set in the process that TestFailedDiskEndsTheWorker starts.
const inChild = "WORKER_TEST_FAILED_DISK"

// exitDisk is how that process ends when Run returned as it should.
const exitDisk = 7

// A worker whose disk has no room for a table returns from Run and says where the
// disk is and what to do, although tasks wait for that disk for ever. What waits
// is left, so it happens in a process of its own.
func TestFailedDiskEndsTheWorker(t *testing.T) {
	if os.Getenv(inChild) != "" {
		runOnFailingDisk(t)
		return
	}
	t.Parallel()
	child := exec.Command(os.Args[0], "-test.run=^TestFailedDiskEndsTheWorker$", "-test.timeout=60s")
	child.Env = append(os.Environ(), inChild+"=1")
	said, err := child.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != exitDisk {
		t.Errorf("process ended with %v", err)
	}
	if !strings.Contains(string(said), "keep tables in state_dir") || !strings.Contains(string(said), syscall.ENOSPC.Error()) {
		t.Errorf("it said:\n%s", said)
	}
}

// runOnFailingDisk fills tables, has the disk be full when they are opened again,
// and ends the process.
func runOnFailingDisk(t *testing.T) {
	k := kafkatest.StartFake(t)
	w := &world{t: t, kafka: k, client: k.Client(t), graph: graphtest.New(graphtest.Options{})}
	w.topic("identify", 1)
	w.topic("audience-membership", 1)
	w.produce("audience-membership", "u1", entered("u1", "vip", "jane@example.com", true))
	var full atomic.Bool
	disk := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(o errorfs.Op) error {
		if full.Load() && o.Kind == errorfs.OpCreate && filepath.Ext(o.Path) == ".sst" {
			return syscall.ENOSPC
		}
		return nil
	}))
	c := w.config()
	c.FirstSyncQuiet = time.Second
	run := func(ctx context.Context) error {
		replica, err := worker.New(c, worker.Options{
			Version: "test", Dial: k.Dial, Transport: w.graph.RoundTripper(), FS: disk, DiskPatience: 10 * time.Millisecond,
			Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		return replica.Run(ctx)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(w.graph.Audiences()) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
	}()
	if err := run(ctx); err != nil {
		t.Fatal(err)
	}
	full.Store(true)
	fmt.Println(run(t.Context()))
	os.Exit(exitDisk)
}
