package consumer_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"muster/consumer/consumertest"
)

// outages are the ways in which the disk goes wrong at its n-th operation.
var outages = map[string]func(d *consumertest.Disk, n int){
	"power":     func(d *consumertest.Disk, n int) { d.CutPowerAt(n) },
	"one error": func(d *consumertest.Disk, n int) { d.FailAt(n, 1) },
	"errors":    func(d *consumertest.Disk, n int) { d.FailAt(n, 20) },
}

// Whichever store operation is the last before a power loss, or fails, takeovers
// included: every count is emitted as it should be, and the table is a copy of
// the changelog (I2).
func TestDiskFailsAtEveryOperation(t *testing.T) {
	t.Parallel()
	for name, outage := range outages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 1
			for ; ; n++ {
				if happened := countOnDisk(t, n, outage); !happened || t.Failed() {
					break
				}
			}
			if n < 20 {
				t.Errorf("only %d store operations", n)
			}
			t.Logf("%d store operations", n-1)
		})
	}
}

// countOnDisk counts records with some restarts and reports whether the outage
// came.
func countOnDisk(t *testing.T, n int, outage func(*consumertest.Disk, int)) (happened bool) {
	d := consumertest.NewDisk(rand.New(rand.NewPCG(uint64(n), 1)))
	outage(d, n)
	k := consumertest.NewTask(t, consumertest.Options{New: newSum("out"), Disk: d, MemTableBytes: 64 << 10})
	counts := map[string]uint64{}
	const batches, size = 12, 6
	process := func(i int, replay bool) {
		for tries := 0; ; tries++ {
			err := k.ProcessErr(records(i*size, size, replay || tries > 0)...)
			lastCounts(k.Emissions(), counts)
			if err == nil {
				return
			}
			if tries > 3 {
				t.Fatalf("operation %d: batch %d fails again and again: %v", n, i, err)
			}
			k.Recover()
		}
	}
	for i := range batches {
		process(i, false)
		if i%3 == 2 {
			k.Recover() // flushes what it reads back, and compacts in time
		}
	}
	// Says what the table holds; a compaction may bring the outage as late as this.
	process(0, true)
	for i := range 3 {
		if key := fmt.Sprintf("k%d", i); counts[key] != batches*size/3 {
			t.Errorf("operation %d: %s emitted as %d, want %d", n, key, counts[key], batches*size/3)
		}
	}
	happened = d.Ops() >= n
	k.Close()
	return happened
}
