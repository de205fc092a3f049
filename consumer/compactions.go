package consumer

import (
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// compactions lets a table compact once it is open. Pebble's own scheduler begins
// while a database is being opened: where that fails, on a full disk, it leaves a
// goroutine behind, and compactions that go on without what was closed. The one
// used here differs from Pebble's default in having no goroutine: grants come when
// a compaction ends.
type compactions struct {
	*pebble.ConcurrencyLimitScheduler
	open atomic.Bool
}

func newCompactions() *compactions {
	return &compactions{ConcurrencyLimitScheduler: pebble.NewConcurrencyLimitSchedulerWithNoPeriodicGrantingForTest()}
}

// TrySchedule asks for a compaction to begin. Pebble waits for a grant after a
// refusal and does not ask again.
func (c *compactions) TrySchedule() (bool, pebble.CompactionGrantHandle) {
	if !c.open.Load() {
		return false, nil
	}
	return c.ConcurrencyLimitScheduler.TrySchedule()
}

// opened grants what was refused meanwhile.
func (c *compactions) opened() {
	c.open.Store(true)
	if ok, grant := c.TrySchedule(); ok {
		grant.Done()
	}
}
