package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"
)

// await returns when a topic's partitions hold n records in all.
func (b *broker) await(t *testing.T, topic string, partitions, n int) {
	t.Helper()
	client := b.Client(t) // one that has not yet heard which topics there are
	for total := 0; total < n; {
		total = 0
		for p := range partitions {
			// The broker answers when there is more than there was, or after a while.
			res, err := client.Fetch(t.Context(), &kafka.FetchRequest{Topic: topic, Partition: p, MinBytes: 1, MaxBytes: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			if res.Error == nil {
				total += int(res.HighWatermark)
			}
		}
	}
}

// A worker's tables are copies of their changelogs; while it runs they are locked;
// a table in another's place is found out.
func TestStateVerify(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	dir := t.TempDir()
	b.flags = append(b.flags, "--set", "state_dir="+dir, "--set", "user_key_secret=0123456789abcdef")
	var events [2][]kafka.Record
	for i := range 6 {
		user := fmt.Sprintf("secret-%d", i)
		events[i%2] = append(events[i%2], kafka.Record{Key: kafka.NewBytes([]byte(user)), Value: kafka.NewBytes(fmt.Appendf(nil,
			`{"type":"identify","userId":%q,"context":{"personas":{"computation_class":"audience","computation_key":"vip"}},"traits":{"vip":true,"email":"%s@example.com"}}`, user, user))})
	}
	for p, records := range events {
		b.produce(t, "identify", p, records...)
	}

	if got := b.do(t, "", "topics", "create"); got.err != nil {
		t.Fatal(got.err)
	}
	empty := b.do(t, "", "state", "verify")
	if empty.err == nil || exitCode(empty.err) != exitFailed || !strings.Contains(empty.err.Error(), "no tables in "+dir) {
		t.Errorf("without tables: %+v", empty)
	}

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan output, 1)
	go func() {
		ended <- do(ctx, "", nil, append([]string{"run", "--stages", "membership", "--http-listen", "off", "--set", "page.listen=off"}, b.flags...)...)
	}()
	b.await(t, "muster.members", 2, 6)
	running := b.do(t, "", "state", "verify")
	for _, want := range []string{"verify membership/0: ", "in use by another process: stop the replica, or copy " + filepath.Join(dir, "membership", "0")} {
		if running.err == nil || exitCode(running.err) != exitFailed || !strings.Contains(running.err.Error(), want) {
			t.Errorf("while the worker runs: %v, want %s", running.err, want)
		}
	}
	stop()
	if got := <-ended; got.err != nil {
		t.Fatal(got.err, got.stderr)
	}

	good := b.do(t, "", "state", "verify")
	if good.err != nil || strings.Count(good.stdout, " ok\n") != 2 {
		t.Errorf("after the run: %+v", good)
	}
	row := regexp.MustCompile(`membership  \d +\d+ +1 +3 +0 +0 +0 +0 +ok\n`) // behind by the release record
	if len(row.FindAllString(good.stdout, -1)) != 2 {
		t.Errorf("got\n%s", good.stdout)
	}

	path := func(name string) string { return filepath.Join(dir, "membership", name) }
	for _, move := range [][2]string{{"0", "x"}, {"1", "0"}, {"x", "1"}} {
		if err := os.Rename(path(move[0]), path(move[1])); err != nil {
			t.Fatal(err)
		}
	}
	swapped := b.do(t, "", "state", "verify", "--stage", "membership", "--partition", "1", "--samples", "2")
	if swapped.err == nil || exitCode(swapped.err) != exitFailed || !strings.Contains(swapped.err.Error(), "1 of 1 tables differ from their changelogs; stop the worker and delete") {
		t.Errorf("a table in another's place: %v", swapped.err)
	}
	for want, n := range map[string]int{
		`(?m) +3 +3 +0 +0 +differs$`: 1,
		`membership/1: missing: user [0-9a-f]{8}… \(changelog position \d+\)`:     2,
		`membership/1: extra: user [0-9a-f]{8}… \(no record in the changelog\)`:   2,
		`membership/1: fence at \d+ is of another owner than the table remembers`: 1,
	} {
		if got := len(regexp.MustCompile(want).FindAllString(swapped.stdout, -1)); got != n {
			t.Errorf("%s: found %d times, want %d, in\n%s", want, got, n, swapped.stdout)
		}
	}
	if strings.Contains(swapped.stdout+swapped.stderr, "secret-") {
		t.Errorf("an id is shown: %+v", swapped)
	}
	if got := b.do(t, "", "state", "verify", "--stage", "membership", "--partition", "7"); got.err == nil || !strings.Contains(got.err.Error(), `topic "muster.profiles" has partitions 0 to 1`) {
		t.Errorf("got %v", got.err)
	}
}

func TestDescribeKey(t *testing.T) {
	t.Parallel()
	user := strings.Repeat("\xab", 16)
	for _, test := range []struct{ stage, key, want string }{
		{"membership", user, "user abababab…"},
		{"uploader", "vip\x00" + user, `audience "vip", user abababab…`},
		{"uploader", "vip", `audience "vip"`},
		{"membership", "jane@example.com.", "a key of 17 bytes that the stage does not write"},
		{"uploader", "\x00E123\x00\x00\x00\x01\x9a\x00\x00\x00\x00" + user, "erasure in ad account 123, user abababab…"},
		{"uploader", "vip\x00jane@example.com.", "a key of 21 bytes that the stage does not write"},
	} {
		if got := describeKey(test.stage, []byte(test.key)); got != test.want {
			t.Errorf("%s %q: got %s, want %s", test.stage, test.key, got, test.want)
		}
	}
}
