package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output is what a command line gave.
type output struct {
	stdout, stderr string
	err            error
}

func do(ctx context.Context, stdin string, environ []string, args ...string) output {
	var stdout, stderr bytes.Buffer
	err := run(ctx, args, environ, strings.NewReader(stdin), &stdout, &stderr)
	return output{stdout.String(), stderr.String(), err}
}

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (go test -update writes it anew): -want +got\n%s", path, diff)
	}
}

// A configuration of run, as variables.
var environ = []string{
	"MUSTER_KAFKA_BROKERS=127.0.0.1:1", "MUSTER_SOURCES=[{topic: identify}]", "MUSTER_USER_KEY_SECRET=0123456789abcdef",
	"MUSTER_FACEBOOK_AD_ACCOUNT=act_1", "MUSTER_FACEBOOK_ACCESS_TOKEN=never-print-this-token", "MUSTER_HTTP_LISTEN=off", "MUSTER_PAGE_LISTEN=off",
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("a: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		args    []string
		environ []string
		code    int // 0: no error
		want    []string
	}{
		{"unknown command", []string{"rum"}, nil, exitUsage, []string{`unknown command "rum"`}},
		{"unknown flag", []string{"run", "--confg", "x"}, nil, exitUsage, []string{"unknown flag: --confg", "see muster run --help"}},
		{"too many arguments", []string{"explain", "a", "b"}, nil, exitUsage, []string{"see muster explain --help"}},
		{"no configuration", []string{"run"}, nil, exitUsage, []string{"kafka.brokers", "sources", "user_key_secret_file", "facebook.ad_account"}},
		{"a key and a value at once", []string{"config", "check", "--set", "windw=1h", "--set", "date_order=ymd"}, environ, exitUsage,
			[]string{"--set: windw: unknown key; did you mean window?", `--set: date_order: "ymd": want one of mdy, dmy`}},
		{"set without a value", []string{"config", "check", "--set", "window"}, environ, exitUsage, []string{`--set "window": want key=value`}},
		{"no file", []string{"config", "check", "--config", filepath.Join(dir, "none.yaml")}, nil, exitUsage, []string{"no such file", "--config"}},
		{"no file, by variable", []string{"config", "check"}, []string{"MUSTER_CONFIG=" + filepath.Join(dir, "none.yaml")}, exitUsage, []string{"no such file"}},
		{"no YAML", []string{"config", "check", "-c", bad}, nil, exitUsage, []string{"bad.yaml:1:4: not YAML"}},
		{"good", []string{"config", "check"}, environ, 0, nil},
		{"good but for a flag", []string{"config", "check", "--set", "window=1ms"}, environ, exitUsage, []string{`--set: window: "1ms": want 100ms to 168h`}},
		{"run with a wrong stage", []string{"run", "--stages", "upload"}, environ, exitUsage, []string{`--stages: stages[0]: "upload"`, "did you mean uploader?"}},
		{"no file to explain", []string{"explain", filepath.Join(dir, "none")}, nil, exitFailed, []string{"read events", "no such file"}},
		{"explain of an unknown source", []string{"explain", "--source", "x"}, nil, exitUsage, []string{`--source "x"`}},
		{"partitions without print", []string{"topics", "create", "--partitions", "3"}, environ, exitUsage, []string{"only with --print"}},
		{"too many partitions", []string{"topics", "create", "--print", "--partitions", "30000"}, environ, exitUsage, []string{"want 1 to 10000"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := do(t.Context(), "", test.environ, test.args...)
			if test.code == 0 {
				if got.err != nil {
					t.Fatal(got.err)
				}
				return
			}
			if got.err == nil || exitCode(got.err) != test.code {
				t.Fatalf("got %v, want exit code %d", got.err, test.code)
			}
			for _, want := range test.want {
				if !strings.Contains(complaint(got.err), want) {
					t.Errorf("got\n%s\nwant %s", complaint(got.err), want)
				}
			}
			if got.stdout != "" {
				t.Errorf("standard output: %s", got.stdout)
			}
		})
	}
}

func TestComplaint(t *testing.T) {
	t.Parallel()
	got := do(t.Context(), "", nil, "run", "--stages", "membership", "--set", "sources=[{topic: t}]", "--set", "user_key_secret=0123456789abcdef")
	want := "muster: kafka.brokers: not set: want one or more host:port; name one or more brokers, such as kafka:9092"
	if text := complaint(got.err); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	got := do(t.Context(), "", nil, "version")
	if got.err != nil || !strings.HasPrefix(got.stdout, "muster "+version()+" go1.") {
		t.Errorf("got %+v", got)
	}
}

// Help teaches: every command has an example.
func TestHelp(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, args := range [][]string{
		{}, {"run"}, {"explain"}, {"topics"}, {"topics", "create"}, {"replay"}, {"erase"}, {"state"}, {"state", "verify"}, {"config"}, {"config", "check"}, {"config", "keys"}, {"config", "traits"}, {"version"},
	} {
		got := do(t.Context(), "", nil, append(args, "--help")...)
		if got.err != nil {
			t.Fatal(got.err)
		}
		if !strings.Contains(got.stdout, "Examples:\n") {
			t.Errorf("%v: no examples", args)
		}
		all.WriteString("$ muster " + strings.Join(append(args, "--help"), " ") + "\n" + got.stdout + "\n")
	}
	golden(t, "help.txt", all.String())
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"__complete", "run", "--set", ""}, "kafka.brokers="},
		{[]string{"__complete", "run", "--stages", ""}, "membership"},
		{[]string{"__complete", ""}, "explain"},
		{[]string{"completion", "bash"}, "# bash completion V2 for muster"},
	} {
		if got := do(t.Context(), "", nil, test.args...); got.err != nil || !strings.Contains(got.stdout, test.want) {
			t.Errorf("%v: %v, %.200s, want %s", test.args, got.err, got.stdout, test.want)
		}
	}
}

func TestConfigShow(t *testing.T) {
	t.Parallel()
	got := do(t.Context(), "", environ, "config", "check", "--show")
	if got.err != nil || strings.Contains(got.stdout, "never-print-this-token") || !strings.Contains(got.stdout, "access_token: (secret)") {
		t.Errorf("got %v\n%s", got.err, got.stdout)
	}
	if got := do(t.Context(), "", environ, "config", "check"); got.stdout != "ok\n" {
		t.Errorf("got %q, %v", got.stdout, got.err)
	}
}

func TestConfigKeys(t *testing.T) {
	t.Parallel()
	got := do(t.Context(), "", nil, "config", "keys")
	if got.err != nil || !strings.Contains(got.stdout, "window\n  default   1h\n  variable  MUSTER_WINDOW\n  meaning   How often") {
		t.Errorf("got %v\n%s", got.err, got.stdout)
	}
}

// A run without a broker waits, says so, and stops without an error when asked.
func TestRunWithoutBroker(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stderr := stopAt{what: "trying again", stop: cancel}
	err := run(ctx, []string{"run", "--set", "kafka.request_timeout=1s", "--state-dir", t.TempDir()}, environ, strings.NewReader(""), &bytes.Buffer{}, &stderr)
	if err != nil {
		t.Errorf("got %v\n%s", err, stderr.text.String())
	}
	if text := stderr.text.String(); strings.Contains(text, "goroutine") || strings.Contains(text, "never-print-this-token") {
		t.Errorf("standard error:\n%s", text)
	}
}

// stopAt calls stop when what was written.
type stopAt struct {
	text bytes.Buffer
	what string
	stop func()
}

func (s *stopAt) Write(p []byte) (int, error) {
	n, err := s.text.Write(p) // slog writes one line at a time, under its lock
	if strings.Contains(string(p), s.what) {
		s.stop()
	}
	return n, err
}

// The table of traits tells what the configuration adds.
func TestConfigTraits(t *testing.T) {
	t.Parallel()
	got := do(t.Context(), "", []string{
		"MUSTER_EXTRA_TRAITS={PHONE: [contact.mobile]}", "MUSTER_AUDIENCES={a: {value_trait: lifetime_value}, b: {value_trait: lifetime_value}}",
	}, "config", "traits")
	for _, want := range []string{
		"EXTERN_ID        the user id (userId), with extern_id.enabled\n",
		"PHONE            phone, phone_number, phonenumber, phoneNumber, contact.mobile; external ids phone\n",
		"LN               last_name, lastname, lastName, last; part of name\n",
		"LOOKALIKE_VALUE  lifetime_value\n",
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%q is not in\n%s%s", want, got.stdout, got.stderr)
		}
	}
}
