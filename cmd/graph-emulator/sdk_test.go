//go:build sdk

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"muster/uploader/facebook/graphtest"
)

const (
	installTimeout = 5 * time.Minute
	driveTimeout   = 2 * time.Minute
)

// sdk is one of Meta's clients and the program in testdata/sdk that uses it.
type sdk struct {
	name    string
	version []string   // prints the version of the language that packages are built for
	lock    []string   // files that pin the SDK and all it needs
	install [][]string // commands, run beside copies of the lock files
	drive   func(packages, program string) []string
	env     func(packages string) []string
	client  string // how its requests name it
}

var sdks = []sdk{{
	name: "node", version: []string{"node", "--version"}, lock: []string{"package.json", "package-lock.json"},
	install: [][]string{{"npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"}},
	drive:   func(_, program string) []string { return []string{"node", filepath.Join(program, "main.js")} },
	env: func(packages string) []string {
		return []string{"NODE_PATH=" + filepath.Join(packages, "node_modules")}
	},
	client: "fbbizsdk-nodejs-",
}, {
	name: "python", version: []string{"python3", "--version"}, lock: []string{"requirements.txt"},
	install: [][]string{
		{"python3", "-m", "venv", "venv"},
		{"venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile",
			"--only-binary", ":all:", "--require-hashes", "-r", "requirements.txt"},
	},
	drive: func(packages, program string) []string {
		return []string{filepath.Join(packages, "venv/bin/python"), "-W", "error::UserWarning", "-m", "unittest", "discover", "-v", "-s", program}
	},
	env:    func(string) []string { return []string{"PYTHONDONTWRITEBYTECODE=1"} },
	client: "fbbizsdk-python-",
}}

// TestSDKs has Meta's own clients, in exact versions, drive the emulator, each a fresh one.
// They know nothing of us, so what they accept is how the Graph API speaks, and no mistake is
// made twice in the same way. It needs Node with npm, Python 3 with venv, and, the first time,
// their package registries.
func TestSDKs(t *testing.T) {
	for _, s := range sdks {
		t.Run(s.name, func(t *testing.T) {
			program, err := filepath.Abs(filepath.Join("testdata", "sdk", s.name))
			if err != nil {
				t.Fatal(err)
			}
			packages := s.packages(t, program)
			api, admin := start(t, "--account", "1", "--account", "2", "--account", "3", "--token", "sdk-token")
			ctx, cancel := context.WithTimeout(t.Context(), driveTimeout)
			defer cancel()
			line := s.drive(packages, program)
			cmd := exec.CommandContext(ctx, line[0], line[1:]...)
			cmd.Env = append(noProxies(), s.env(packages)...)
			// Nothing leaves this machine: what is meant for Facebook itself ends at a closed port.
			cmd.Env = append(cmd.Env, "GRAPH_API="+api, "GRAPH_ADMIN="+admin, "GRAPH_TOKEN=sdk-token", "HTTPS_PROXY=http://127.0.0.1:9")
			cmd.WaitDelay = time.Second
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", s.name, err, out)
			}
			s.check(t, admin)
			if t.Failed() {
				t.Logf("%s", out)
			}
		})
	}
}

// check has the emulator say that the SDK did all there is to do, and what no client of
// Meta's should do.
func (s sdk) check(t *testing.T, admin string) {
	t.Helper()
	var stats graphtest.Stats
	ask(t, admin+"/stats", &stats)
	for _, op := range []graphtest.Op{
		graphtest.OpAccount, graphtest.OpCreate, graphtest.OpList, graphtest.OpRead, graphtest.OpUpdate, graphtest.OpDelete,
		graphtest.OpAdd, graphtest.OpRemove, graphtest.OpReplace, graphtest.OpSessions, graphtest.OpForget,
	} {
		if stats.ByOp[op] == 0 {
			t.Errorf("the SDK never tried %s", op)
		}
	}
	if n := stats.ByOp[graphtest.OpUnknown]; n > 0 {
		t.Errorf("%d requests that the emulator does not know", n)
	}
	for _, kind := range []graphtest.ViolationKind{
		graphtest.HashOfEmpty, graphtest.NotHashed, graphtest.BadMADID, graphtest.BadValue, graphtest.Overlap,
		graphtest.OppositeInFlight, graphtest.RepeatedKey, graphtest.BlankColumn, graphtest.EmptyRow,
	} {
		if n := stats.Violations[kind]; n > 0 {
			t.Errorf("%d × %s noted of a right client", n, kind)
		}
	}
	var faults struct{ Pending int }
	ask(t, admin+"/faults", &faults)
	if faults.Pending > 0 {
		t.Errorf("%d faults met no request", faults.Pending)
	}
	var journal []graphtest.Entry
	ask(t, admin+"/journal", &journal)
	for _, e := range journal {
		if !strings.HasPrefix(e.Client, s.client) {
			t.Errorf("a request of %q, not of the SDK: %s %s", e.Client, e.Method, e.Path)
		}
	}
}

func ask(t *testing.T, address string, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{}
	defer client.CloseIdleConnections()
	if err := json.Unmarshal([]byte(fetch(t, client, req)), into); err != nil {
		t.Fatal(err)
	}
}

// packages returns the directory with the SDK, in the user's cache, and fills it when these
// versions are new to the machine.
func (s sdk) packages(t *testing.T, program string) string {
	t.Helper()
	sum := sha256.New()
	version, err := exec.Command(s.version[0], s.version[1:]...).Output()
	if err != nil {
		t.Fatalf("%s, which .ci/sdk brings: %v", strings.Join(s.version, " "), err)
	}
	sum.Write(version)
	locks := make(map[string][]byte, len(s.lock))
	for _, name := range s.lock {
		if locks[name], err = os.ReadFile(filepath.Join(program, name)); err != nil {
			t.Fatal(err)
		}
		sum.Write(locks[name])
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(cache, "muster", "sdk")
	dir := filepath.Join(root, s.name+"-"+hex.EncodeToString(sum.Sum(nil)[:8]))
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	unlock, err := lockedfile.MutexAt(dir + ".lock").Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := os.Stat(filepath.Join(dir, "complete")); err == nil {
		return dir
	}
	if err := s.fill(t, dir, locks); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fill installs the packages where they stay, as a Python environment cannot be moved, and
// marks the directory when it is complete.
func (s sdk) fill(t *testing.T, dir string, locks map[string][]byte) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range locks {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), installTimeout)
	defer cancel()
	for _, line := range s.install {
		cmd := exec.CommandContext(ctx, line[0], line[1:]...)
		cmd.Dir, cmd.WaitDelay = dir, time.Second
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("install the SDK by %s: %w\n%s", line[0], err, out)
		}
	}
	return os.WriteFile(filepath.Join(dir, "complete"), nil, 0o600)
}

// noProxies is the environment without proxies, as what is tested is on the loopback
// interface.
func noProxies() []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasSuffix(strings.ToLower(name), "_proxy") {
			env = append(env, v)
		}
	}
	return env
}
