package consumer_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"muster/consumer"
	"muster/consumer/consumertest"
)

// runningOut is a lease that is over after so many more looks at it.
type runningOut struct{ looks int }

func (*runningOut) Until() time.Time { return time.Now().Add(time.Hour) }

func (l *runningOut) MayAct() error {
	if l.looks--; l.looks < 0 {
		return consumer.ErrLeaseOver
	}
	return nil
}

// A lease may end in the middle of a commit, at an answer that was long in coming:
// each of its writes needs the lease anew (I3).
func TestLeaseEndsInACommit(t *testing.T) {
	t.Parallel()
	for looks, want := range []struct {
		logged, emitted int
		committed       int64
	}{{0, 0, 3}, {1, 0, 3}, {1, 1, 3}, {1, 1, 4}} {
		lease := &runningOut{looks: 1000}
		k := consumertest.NewTask(t, consumertest.Options{New: newSum("out"), Lease: lease})
		k.Process(records(0, 3, false)...)
		k.Emissions()
		before := len(k.Changelog())
		lease.looks = looks
		err := k.ProcessErr(records(3, 1, false)...)
		if over := errors.Is(err, consumer.ErrLeaseOver); over != (looks < 3) {
			t.Errorf("over after %d looks: %v", looks, err)
		}
		got := want
		got.logged, got.emitted, got.committed = len(k.Changelog())-before, len(k.Emissions()), k.Log().Offsets()["in"]
		if got != want {
			t.Errorf("over after %d looks: %+v, want %+v", looks, got, want)
		}
	}
}

// renewed is a log that counts how often its epoch was renewed.
type renewed struct {
	consumer.Log
	times int
}

func (r *renewed) Renew(ctx context.Context) error {
	r.times++
	return r.Log.Renew(ctx)
}

// An owner without a lease asks for no new epoch either: the task may be another's.
func TestNoRenewalAfterTheLease(t *testing.T) {
	t.Parallel()
	table, err := consumer.OpenTable("table", consumer.TableOptions{FS: vfs.NewMem(), MemTableBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	lease, log := &endedLease{}, &renewed{Log: new(consumertest.Log).Writer()}
	owner, err := consumer.TakeOver(t.Context(), consumer.OwnerOptions{
		Info: consumer.TaskInfo{Partitions: 1, Lease: lease}, Log: log, Table: table, New: newSum("out"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	if err := owner.Renew(t.Context()); err != nil || log.times != 1 {
		t.Fatalf("under the lease: %v, renewed %d times", err, log.times)
	}
	lease.over = true
	if err := owner.Renew(t.Context()); !errors.Is(err, consumer.ErrLeaseOver) || log.times != 1 {
		t.Errorf("after the lease: %v, renewed %d times, want ErrLeaseOver and 1", err, log.times)
	}
}
