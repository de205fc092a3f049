package config

import (
	"strings"
	"testing"
)

// TestNearestOfLongNames: a file pasted as a key is compared with no key at all,
// which would take seconds.
func TestNearestOfLongNames(t *testing.T) {
	candidates := []string{"window", "group", "kafka.brokers"}
	long := strings.Repeat("x", 1000)
	if n := testing.AllocsPerRun(10, func() { Nearest(long, candidates) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	for name, want := range map[string]string{"windwo": "window", "Group": "group", "kafka.broker": "kafka.brokers", "x": "", long: ""} {
		if got := Nearest(name, candidates); got != want {
			t.Errorf("nearest to %.20s is %q, want %q", name, got, want)
		}
	}
}
