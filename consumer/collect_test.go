package consumer

import (
	"errors"
	"testing"
	"time"
)

// A commit is full when it has as many records or bytes as it may have; what is over
// stays for the next one, and so does an error, which comes after what was read
// before it.
func TestCommitIsFull(t *testing.T) {
	t.Parallel()
	of := func(n int) (c chunk) {
		for i := range n {
			c.records = append(c.records, Record{Offset: int64(i), Value: make([]byte, 1000)})
		}
		c.topic, c.next = "in", int64(n)
		return c
	}
	for name, tt := range map[string]struct {
		bytes, records int
		took, rest     int
	}{
		"by records":      {1 << 20, 3, 3, 2},
		"by bytes":        {4000, 100, 5, 0},
		"by neither, yet": {1 << 20, 100, 10, 0},
	} {
		in := &inputs{chunks: make(chan chunk, 1), rest: make(chan chunk, 1)}
		in.chunks <- of(5)
		b, err := in.collect(t.Context(), of(5), StageOptions{MaxBatchBytes: tt.bytes, MaxBatchWait: 50 * time.Millisecond}, tt.records)
		rest := 0
		if len(in.rest) > 0 {
			rest = len((<-in.rest).records)
		}
		if err != nil || len(b.records) != tt.took || rest != tt.rest || b.next["in"] != int64(min(tt.took, 5)) {
			t.Errorf("%s: %d records up to %d and %d over, %v; want %d and %d", name, len(b.records), b.next["in"], rest, err, tt.took, tt.rest)
		}
	}

	in := &inputs{chunks: make(chan chunk, 1), rest: make(chan chunk, 1)}
	broken := errors.New("broken")
	in.chunks <- chunk{topic: "in", err: broken}
	o := StageOptions{MaxBatchBytes: 1 << 20, MaxBatchWait: time.Minute}
	if b, err := in.collect(t.Context(), of(5), o, 100); err != nil || len(b.records) != 5 {
		t.Fatalf("before the error: %d records, %v", len(b.records), err)
	}
	select {
	case c := <-in.next():
		if _, err := in.collect(t.Context(), c, o, 100); !errors.Is(err, broken) {
			t.Errorf("then %v, want the error", err)
		}
	default:
		t.Error("the error is lost")
	}
}
