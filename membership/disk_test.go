package membership

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"muster/consumer"
	"muster/consumer/consumertest"
)

// outages are the ways in which the disk goes wrong at its n-th operation.
var outages = map[string]func(d *consumertest.Disk, n int){
	"power":     func(d *consumertest.Disk, n int) { d.CutPowerAt(n) },
	"one error": func(d *consumertest.Disk, n int) { d.FailAt(n, 1) },
	"errors":    func(d *consumertest.Disk, n int) { d.FailAt(n, 20) },
}

// Whichever store operation is the last before a power loss, or fails, takeovers
// included, the uploader ends with what it would have without (I2), erasures and
// all.
func TestDiskFailsAtEveryOperation(t *testing.T) {
	t.Parallel()
	for name, outage := range outages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 1
			for ; ; n++ {
				// Another history for every operation. Users are many, so that a profile
				// that was lost is not soon written again.
				records := rapid.Custom(func(r *rapid.T) []consumer.Record {
					return drawRecords(r, 16, "u1", "u2", "u3", "u4", "u5", "u6")
				}).Example(n)
				if happened := playOnDisk(t, records, n, outage); !happened || t.Failed() {
					break
				}
			}
			if n < 60 {
				t.Errorf("only %d store operations", n)
			}
			t.Logf("%d store operations", n-1)
		})
	}
}

// playOnDisk plays the records, with restarts, and reports whether the outage
// came.
func playOnDisk(t *testing.T, records []consumer.Record, n int, outage func(*consumertest.Disk, int)) (happened bool) {
	calm, stormy := newUploader(), newUploader()
	k := newTestTask(t)
	for _, r := range records {
		k.Process(r)
		settleTicks(k)
		calm.hear(t, k.Emissions())
	}

	d := consumertest.NewDisk(rand.New(rand.NewPCG(uint64(n), 1)))
	outage(d, n)
	k = consumertest.NewTask(t, consumertest.Options{New: New(crashOptions()), Disk: d, MemTableBytes: 64 << 10})
	replay := false
	// again does something until no failure interrupts it.
	again := func(do func() error) {
		for tries := 0; ; tries++ {
			err := do()
			stormy.hear(t, k.Emissions())
			if err == nil {
				return
			}
			if tries > 3 {
				t.Fatalf("operation %d fails again and again: %v", n, err)
			}
			k.Recover()
			replay = true // all records there are were written before this owner came
		}
	}
	for i := 0; i < len(records); i += 2 {
		batch := append([]consumer.Record(nil), records[i:min(i+2, len(records))]...)
		again(func() error {
			for j := range batch {
				batch[j].Replay = replay
			}
			return k.ProcessErr(batch...)
		})
		if i%3 == 0 {
			again(func() error {
				_, err := k.TickErr()
				return err
			})
		}
		if i%8 == 4 {
			k.Recover()
			replay = true
		}
	}
	happened = d.Ops() >= n
	d.Mend()
	again(func() error {
		for {
			next, err := k.TickErr()
			if err != nil || next.IsZero() {
				return err
			}
		}
	})
	stormy.mustAgree(t, calm)
	k.Close()
	return happened
}
