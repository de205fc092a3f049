package histories

import (
	"fmt"
	"testing"
	"time"

	"muster/cmd/internal/model"
)

// TestHistoriesAgree plays one history with a short and a long window, on one
// partition and on several: the events are the same, what is batched with what,
// netted, and done by which task is not. Beside the model's judgement, all must
// end with the same audiences, row by row.
func TestHistoriesAgree(t *testing.T) {
	t.Parallel()
	first, count := seeds(t)
	if count > 1 {
		count = (count + 3) / 4 // each is four
	}
	for i := range count {
		seed := first + i
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			several := 2 + int(seed%3)
			var one map[string][]model.Row
			for _, s := range []shape{
				{partitions: 1, window: 10 * time.Second}, {partitions: 1, window: 90 * time.Second},
				{partitions: several, window: 10 * time.Second}, {partitions: several, window: 90 * time.Second},
			} {
				other, truth := play(t, seed, s)
				if t.Failed() {
					t.Fatalf("shape %+v", s)
				}
				if one == nil {
					one = other
					continue
				}
				for _, d := range truth.Agree(one, other, 5) {
					t.Errorf("%+v: %s", s, d)
				}
			}
		})
	}
}
