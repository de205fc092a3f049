package main

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"
)

// read returns key and value of the records of a partition.
func (b *broker) read(t *testing.T, topic string, partition int) (records [][2]string) {
	t.Helper()
	res, err := b.client.Fetch(t.Context(), &kafka.FetchRequest{Topic: topic, Partition: partition, MinBytes: 0, MaxBytes: 1 << 20})
	if err != nil || res.Error != nil {
		t.Fatal(err, res)
	}
	for {
		r, err := res.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return records
		}
		if err != nil {
			t.Fatal(err)
		}
		key, err := kafka.ReadAll(r.Key)
		if err != nil {
			t.Fatal(err)
		}
		value, err := kafka.ReadAll(r.Value)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, [2]string{string(key), string(value)})
	}
}

var (
	messageID = regexp.MustCompile(`"messageId":"muster-erase-[0-9a-f-]{36}"`)
	timestamp = regexp.MustCompile(`"timestamp":"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`)
)

// An erasure reaches every partition of the first source, from arguments and
// from standard input, and is keyed by its user.
func TestErase(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	got := b.do(t, "secret-2\r\n\nsecret-1\nsecret-3", "erase", "--yes", "secret-1", "-")
	if got.err != nil {
		t.Fatal(got.err)
	}
	want := "TOPIC     PARTITION  WRITTEN  STATE\nidentify  0          3        ok\nidentify  1          3        ok\n"
	if got.stdout != want || strings.Contains(got.stdout+got.stderr, "secret-") {
		t.Errorf("got %q and %q, want %q", got.stdout, got.stderr, want)
	}
	for p := range 2 {
		records := b.read(t, "identify", p)
		for i, user := range []string{"secret-1", "secret-2", "secret-3"} {
			if len(records) != 3 {
				t.Fatalf("partition %d: %q", p, records)
			}
			value := timestamp.ReplaceAllString(messageID.ReplaceAllString(records[i][1], `"messageId":"M"`), `"timestamp":"T"`)
			if want := `{"type":"delete","userId":"` + user + `","messageId":"M","timestamp":"T"}`; records[i][0] != user || value != want {
				t.Errorf("partition %d: got %q, want %s", p, records[i], want)
			}
		}
	}
	if records := b.read(t, "membership", 0); len(records) > 0 {
		t.Errorf("the second source has %q", records)
	}
}

func TestEraseOne(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	dry := b.do(t, "", "erase", "--dry-run", "a", "b")
	if dry.err != nil || dry.stdout != "would erase 2 users: 4 records to every partition of identify (2)\n" {
		t.Errorf("got %+v", dry)
	}
	got := b.do(t, "", "erase", "--yes", "--topic", "membership", "--partition", "1", "--anonymous", "x1")
	if got.err != nil || got.stdout != "TOPIC       PARTITION  WRITTEN  STATE\nmembership  1          1        ok\n" {
		t.Errorf("got %+v", got)
	}
	if r := b.read(t, "membership", 1); len(r) != 1 || r[0][0] != "x1" || !strings.HasPrefix(r[0][1], `{"type":"delete","anonymousId":"x1",`) {
		t.Errorf("got %q", r)
	}
	for p := range 2 {
		if r := b.read(t, "identify", p); len(r) > 0 {
			t.Errorf("a dry run wrote %q", r)
		}
	}
	if got := b.do(t, "", "erase", "--yes", "--partition", "2", "x"); got.err == nil || exitCode(got.err) != exitUsage || !strings.Contains(got.err.Error(), `"identify" has 0 to 1`) {
		t.Errorf("got %v", got.err)
	}
}

func TestEraseUsage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		stdin string
		args  []string
		want  string
	}{
		{"", nil, "see muster erase --help"},
		{"", []string{"secret-1"}, "standard input is no terminal"},
		{"secret-1\n", []string{"-"}, "the users come from standard input, so nobody can be asked"},
		{"\n\n", []string{"--yes", "-"}, "standard input names no user"},
		{"secret-1\n secret-2\n", []string{"--yes", "-"}, "user 2 of 2: white space around the id"},
		{"", []string{"--yes", "secret-\xff"}, "user 1 of 1: id is not UTF-8"},
		{"", []string{"--yes", ""}, "user 1 of 1: empty id"},
		{"", []string{"--yes", "--set", "max_event_bytes=1024", "secret-" + strings.Repeat("x", 2000)}, "user 1 of 1: the worker would not take the erasure (too_large"},
		{"", []string{"--yes", "--topic", "other", "secret-1"}, `--topic "other": it is no source of the worker`},
		{"", []string{"--yes", "--partition", "-3", "secret-1"}, "--partition -3: want 0 or more"},
	} {
		got := do(t.Context(), test.stdin, environ, append([]string{"erase"}, test.args...)...)
		if got.err == nil || exitCode(got.err) != exitUsage || !strings.Contains(complaint(got.err), test.want) {
			t.Errorf("%q: got %v, want %s", test.args, got.err, test.want)
		}
		if got.err != nil && strings.Contains(got.err.Error(), "secret-") {
			t.Errorf("%q: the id is in %v", test.args, got.err)
		}
	}
}
