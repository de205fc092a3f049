package uploader

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"muster/consumer"
	"muster/uploader/facebook/graphtest"
)

type noLease struct{}

func (noLease) MayAct() error    { return nil }
func (noLease) Until() time.Time { return time.Now().Add(time.Hour) }

// A takeover of many audiences ends when the task is revoked meanwhile.
func TestStartEndsWithRevocation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{}, graphtest.Options{})
		w.enter("a", "u1", "email:1")
		log := w.task.Log()
		w.task.Close()
		table, err := consumer.OpenTable("table", consumer.TableOptions{FS: vfs.NewMem()})
		if err != nil {
			t.Fatal(err)
		}
		defer table.Close()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = consumer.TakeOver(ctx, consumer.OwnerOptions{
			Info: consumer.TaskInfo{Partitions: 1, Lease: noLease{}}, Log: log.Writer(), Table: table, New: w.maker,
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("takeover returned %v", err)
		}
	})
}
