package consumer

import (
	"context"
	"time"
)

// TaskInfo is what a Processor is told of the task it works for.
type TaskInfo struct {
	Stage      string
	Partition  int
	Partitions int // of every input topic of the stage, and of the changelog
	Generation int32
	// Lease tells until when this owner may act (I3).
	Lease Lease
}

// Start is what an owner finds when it takes a task over.
type Start struct {
	// Fingerprint is the one the last owner recorded with Tx.SetFingerprint, nil
	// if none did. A stage compares it with its own to see whether what decides
	// its output has changed.
	Fingerprint []byte
	// Restored is the number of changelog records read to get here.
	Restored int64
	// CleanRelease is set when the former owner released the task with nothing in
	// flight. Without it, requests of a former owner may still arrive outside.
	CleanRelease bool
	// Fresh is set when the changelog had no fence before this owner's.
	Fresh bool
}

// Processor is the work of one stage on one partition. The engine calls all
// its methods from one goroutine, the task's; there are no locks around state.
// Whatever a method writes goes through the Tx it is given and is committed
// (I2) after the method returns nil. An error ends the task and drops the Tx;
// the task is then taken over anew from what was committed.
type Processor interface {
	// Start is called once, after the table was restored and before the first
	// record. Its ctx ends with revocation, and if Start takes long it must end with
	// it: a member that does not come to the rebalance in time is left out, joins
	// again, and so interrupts the next one that needs long.
	Start(ctx context.Context, tx *Tx, s Start) error
	// Process applies a batch of records, in offset order per input partition.
	Process(ctx context.Context, tx *Tx, records []Record) error
	// Tick is called between batches: when Wake delivers, when the time returned
	// by the last Tick has come, and after Start. It does a bounded piece of work
	// and says when it wants to be called again; the zero time means not before
	// the next Wake or batch, a time that has passed means soon.
	Tick(ctx context.Context, tx *Tx) (next time.Time, err error)
	// Wake delivers when Tick has something to do, such as a result from a worker
	// of the stage. It may be nil.
	Wake() <-chan struct{}
	// Busy reports whether work outside the task (a request) is in flight. On
	// revocation the engine goes on calling Tick until it is false or the drain
	// time is over.
	Busy() bool
	// Stop is called first on revocation: nothing new may be started outside.
	Stop()
	// Close releases what the processor holds, cancels what is in flight and
	// waits for its goroutines. It is called exactly once, also when the task
	// was lost.
	Close()
}

// Restorer is implemented by a Processor that keeps derived keys. Restore is
// called for every changelog record read back, before it is put into the table,
// so that old values can still be read. A nil value is a tombstone.
type Restorer interface {
	Restore(tx *Tx, key, value []byte) error
}

// Lease tells until when an owner may act (I3).
type Lease interface {
	// MayAct returns nil while the owner may act, and ErrLeaseOver otherwise. It is
	// the one way to ask, last before whatever is done, and looks at the monotonic
	// and the wall clock: a suspended machine is seen by the latter only, and its
	// timers fire late.
	MayAct() error
	// Until returns the end of the lease by the monotonic clock, for timers. A
	// heartbeat moves it on.
	Until() time.Time
}
