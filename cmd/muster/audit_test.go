package main

import (
	"strings"
	"testing"
	"time"
)

// TestAudit: the steps of an erasure are listed by user, without any id.
func TestAudit(t *testing.T) {
	t.Parallel()
	b, f := startBroker(t), startFacebook(t)
	b.enters(t, 0, "u1")
	b.enters(t, 1, "u2")
	stop := b.startWorker(t, f)
	defer stop()
	f.await(t, 2)
	if got := b.do(t, "", "erase", "--yes", "u1", "u2"); got.err != nil {
		t.Fatal(got.err)
	}
	f.await(t, 0)
	audit := func(args ...string) string {
		got := b.do(t, "u1\n", append([]string{"audit", "--set", "user_key_secret=0123456789abcdef"}, args...)...)
		if got.err != nil {
			t.Fatal(got.err)
		}
		return got.stdout
	}
	removed := `"step":"removed"`
	for strings.Count(audit(), removed) < 2 {
		select {
		case <-t.Context().Done():
			t.Fatalf("the removals are not recorded:\n%s", audit())
		case <-time.After(100 * time.Millisecond):
		}
	}
	if got := audit("-"); strings.Count(got, removed) != 1 || !strings.Contains(got, `"step":"requested"`) || strings.Contains(got, "u1") {
		t.Errorf("of one user:\n%s", got)
	}
	if got := audit("u3"); got != "" {
		t.Errorf("of a user whom nobody erased:\n%s", got)
	}
}
