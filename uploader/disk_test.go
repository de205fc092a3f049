package uploader

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"muster/consumer/consumertest"
)

// histories is how many random histories a test plays: so many parts of a
// thousand of what HISTORIES says, 1,000 by default.
func histories(share uint64) uint64 {
	n := uint64(1000)
	if text := os.Getenv("HISTORIES"); text != "" {
		n, _ = strconv.ParseUint(text, 10, 64)
	}
	return max(1, n*share/1000)
}

// TestDiskFailsDuringUploads plays short random histories on disks that lose
// their power at the n-th store operation, or refuse it, or some from it on: the
// history's seed says which. Facebook ends with what is desired all the same
// (I2, I6).
func TestDiskFailsDuringUploads(t *testing.T) {
	t.Parallel()
	count := histories(60)
	began := time.Now()
	t.Cleanup(func() { t.Logf("%d histories, %.0f a minute", count, float64(count)/time.Since(began).Minutes()) })
	for seed := range count {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, 2))
				d := consumertest.NewDisk(rand.New(rand.NewPCG(seed, 3)))
				n := 1 + int(seed/3)%maxOperation
				switch seed % 3 {
				case 0:
					d.CutPowerAt(n)
				case 1:
					d.FailAt(n, 1)
				default:
					d.FailAt(n, 1+r.IntN(20))
				}
				playChaos(t, r, d, 12)
			})
		})
	}
}

// maxOperation is beyond the store operations of the shortest histories.
const maxOperation = 150
