package consumer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// TestTopicRecords: all partitions are read, each to its end, the empty ones too; an
// error ends it, and so does whoever reads.
func TestTopicRecords(t *testing.T) {
	t.Parallel()
	_, c := fakeCluster(t)
	const topic = "many"
	if err := c.EnsureTopics(t.Context(), []Topic{{Name: topic, Partitions: 4, ReplicationFactor: 1}}); err != nil {
		t.Fatal(err)
	}
	for p, n := range []int{2, 0, 1, 3} {
		for i := range n {
			if _, err := c.Append(t.Context(), topic, p, []Message{{Key: fmt.Appendf(nil, "%d/%d", p, i)}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	var got []string
	for r, err := range c.TopicRecords(t.Context(), topic) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s@%d/%d", r.Key, r.Partition, r.Offset))
	}
	if want := []string{"0/0@0/0", "0/1@0/1", "2/0@2/0", "3/0@3/0", "3/1@3/1", "3/2@3/2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for r := range c.TopicRecords(t.Context(), topic) {
		if string(r.Key) != "0/0" {
			t.Errorf("read on to %s", r.Key)
		}
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	for _, err := range c.TopicRecords(ctx, topic) {
		if n++; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d errors, want one that ends it", n)
	}
}
