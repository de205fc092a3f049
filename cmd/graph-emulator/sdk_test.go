//go:build sdk

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/uploader/facebook/graphtest"
)

// driveTimeout bounds the run of one program, which takes seconds.
const driveTimeout = 2 * time.Minute

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
			cmd.Env = append(cmd.Env, "HTTPS_PROXY=http://127.0.0.1:9",
				"GRAPH_API="+api, "GRAPH_ADMIN="+admin, "GRAPH_TOKEN=sdk-token", "MUSTER_REQUESTS="+ownRequests(t))
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
		graphtest.OpAccounts, graphtest.OpAccount, graphtest.OpCreate, graphtest.OpList, graphtest.OpRead, graphtest.OpUpdate, graphtest.OpDelete,
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
