package membership

import (
	"testing"

	"muster/consumer"
	"muster/consumer/consumertest"
)

// A profile may become as large as the limit, to the byte, and no larger.
func TestProfileMayReachItsLimit(t *testing.T) {
	t.Parallel()
	record := consumer.Record{Topic: "users", Time: epoch, Key: []byte("u1"), Value: []byte(
		`{"type":"track","event":"x","userId":"u1","properties":{"audience_key":"A","A":true,"email":"jane@example.com"}}`)}
	process := func(limit int) (profile, letters int) {
		o := testOptions()
		o.MaxProfileBytes = limit
		k := consumertest.NewTask(t, consumertest.Options{New: New(o)})
		settleTicks(k)
		before := len(k.Changelog())
		k.Process(record)
		for _, r := range k.Changelog()[before:] {
			profile = len(r.Value)
		}
		return profile, len(k.DeadLetters())
	}
	size, _ := process(1 << 20)
	if size == 0 {
		t.Fatal("no profile was logged")
	}
	if got, letters := process(size); got != size || letters != 0 {
		t.Errorf("limit %d: a profile of %d bytes and %d dead letters, want it taken in", size, got, letters)
	}
	if got, letters := process(size - 1); got != 0 || letters != 1 {
		t.Errorf("limit %d: a profile of %d bytes and %d dead letters, want it refused", size-1, got, letters)
	}
}
