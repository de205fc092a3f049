package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
)

// FuzzUsers holds that each user that standard input names is erased as just
// that user or refused, and that no refusal repeats an id (I8).
func FuzzUsers(f *testing.F) {
	f.Add("u1\nu2\r\n\nu1\n", false)
	f.Add(" u1\nhushhush@example.com \n", true)
	f.Add("anon:x\n\xff\n😀", false)
	f.Add(`"},{"userId":"u2`, true)
	c := config.Defaults()
	f.Fuzz(func(t *testing.T, in string, anonymous bool) {
		users, err := readUsers(strings.NewReader(in), []string{"-"})
		if err != nil {
			var usage *usageError
			if errors.As(err, &usage) && strings.Trim(in, "\r\n") != "" {
				t.Errorf("nobody is named by %q", in)
			}
			return
		}
		seen := map[string]bool{}
		for _, user := range users {
			if seen[user] {
				t.Errorf("%q twice", user)
			}
			seen[user] = true
			records, err := worker.Erasures(c, "identify", []string{user}, anonymous, time.Unix(1_800_000_000, 0))
			if err != nil {
				if strings.HasPrefix(user, "hushhush") && strings.Contains(err.Error(), user) {
					t.Errorf("%q names the user", err)
				}
				continue
			}
			if len(records) != 1 || string(records[0].Key) != user || !strings.Contains(in, user) {
				t.Fatalf("%q is erased by %q", user, records)
			}
		}
	})
}
