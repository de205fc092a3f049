package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/cmd/internal/model"
	"muster/uploader/facebook/graphtest"
)

const account = "77"

// emulator is Facebook: a process of its own, seen through its admin side.
type emulator struct {
	process *process
	api     string // host:port of the Graph API
	admin   string // URL
	client  *http.Client
}

var addressForm = regexp.MustCompile(`http://(\S+)`)

// startEmulator starts Facebook as the plan has it.
func startEmulator(ctx context.Context, binary, dir string, p *plan) (*emulator, error) {
	log := filepath.Join(dir, "emulator.log")
	args := []string{
		"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--account", account, "--token", firstToken,
		"--unmetered", "--client-in-path", "--latency", p.latency.String(), "--reorder", p.reorder.String(),
		"--unknown-answer-window", (p.timeout - lateMargin).String(), "--seed", strconv.FormatUint(p.seed, 10),
	}
	if p.faultRate > 0 {
		args = append(args, "--fault-rate", fmt.Sprint(p.faultRate), "--fault-delay", p.faultDelay.String(), "--fault-kinds", joined(p.faultKinds))
	}
	proc, err := startProcess(log, binary, args...)
	if err != nil {
		return nil, err
	}
	e := &emulator{process: proc, client: &http.Client{Timeout: time.Minute}}
	err = until(ctx, 30*time.Second, 20*time.Millisecond, func() error {
		text, err := os.ReadFile(log)
		if err != nil {
			return err
		}
		found := addressForm.FindAllStringSubmatch(string(text), -1)
		if len(found) < 2 {
			return fmt.Errorf("no addresses in %s: %.500s", log, text)
		}
		e.api, e.admin = found[0][1], "http://"+found[1][1]
		return nil
	})
	if err != nil {
		proc.kill()
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	return e, nil
}

func joined(kinds []graphtest.Kind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ",")
}

func (e *emulator) close() {
	e.client.CloseIdleConnections()
	e.process.kill()
}

// call makes a request of the admin side.
func (e *emulator) call(ctx context.Context, method, path string, body, into any) error {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, e.admin+path, in)
	if err != nil {
		return err
	}
	res, err := e.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the emulator: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("ask the emulator for %s: %w", path, err)
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("ask the emulator for %s: %s: %.200s", path, res.Status, text)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read the emulator's answer to %s: %w", path, err)
	}
	return nil
}

func (e *emulator) inject(ctx context.Context, f fault) error {
	return e.call(ctx, http.MethodPost, "/faults", f, nil)
}

// fault is one to be injected.
type fault struct {
	Kind  graphtest.Kind  `json:"kind"`
	Match graphtest.Match `json:"match,omitzero"`
	Count int             `json:"count,omitempty"`
	Delay string          `json:"delay,omitempty"`
}

func (e *emulator) clearFaults(ctx context.Context) error {
	return e.call(ctx, http.MethodDelete, "/faults", nil, nil)
}

func (e *emulator) acceptTerms(ctx context.Context, accepted bool) error {
	return e.call(ctx, http.MethodPost, "/accounts/"+account+"/tos", map[string]bool{"accepted": accepted}, nil)
}

// token adds a token, or ends one's life by a subcode of code 190.
func (e *emulator) token(ctx context.Context, value string, dead int) error {
	return e.call(ctx, http.MethodPost, "/tokens", map[string]any{"value": value, "dead": dead}, nil)
}

// writing reports whether a change of members by the client is in flight.
func (e *emulator) writing(ctx context.Context, client string) (bool, error) {
	var list []graphtest.Entry
	if err := e.call(ctx, http.MethodGet, "/inflight", nil, &list); err != nil {
		return false, err
	}
	return slices.ContainsFunc(list, func(r graphtest.Entry) bool {
		return r.Client == client && (r.Op == graphtest.OpAdd || r.Op == graphtest.OpRemove || r.Op == graphtest.OpCreate)
	}), nil
}

// struck reports whether a request of the client has met the fault, after as
// many requests.
func (e *emulator) struck(ctx context.Context, client string, k graphtest.Kind, after int) (bool, error) {
	var journal []graphtest.Entry
	err := e.call(ctx, http.MethodGet, fmt.Sprintf("/journal?since=%d", after), nil, &journal)
	return slices.ContainsFunc(journal, func(r graphtest.Entry) bool {
		return r.Client == client && r.Fault == k
	}), err
}

// hide has an audience answer as if it were deleted, or be seen again.
func (e *emulator) hide(ctx context.Context, id string, hidden bool) error {
	return e.call(ctx, http.MethodPost, "/audiences/"+id+"/hidden", map[string]bool{"hidden": hidden}, nil)
}

// remove deletes an audience.
func (e *emulator) remove(ctx context.Context, id string) error {
	return e.call(ctx, http.MethodDelete, "/audiences/"+id, nil, nil)
}

func (e *emulator) stats(ctx context.Context) (s graphtest.Stats, err error) {
	err = e.call(ctx, http.MethodGet, "/stats", nil, &s)
	return s, err
}

func (e *emulator) violations(ctx context.Context) (v []graphtest.Violation, err error) {
	err = e.call(ctx, http.MethodGet, "/violations", nil, &v)
	return v, err
}

func (e *emulator) journal(ctx context.Context) (j []graphtest.Entry, err error) {
	err = e.call(ctx, http.MethodGet, "/journal", nil, &j)
	return j, err
}

func (e *emulator) audiences(ctx context.Context) (a []graphtest.Audience, err error) {
	err = e.call(ctx, http.MethodGet, "/audiences", nil, &a)
	return a, err
}

// present reads all audiences back, by key, which is their name here.
func (e *emulator) present(ctx context.Context) (map[string][]model.Row, error) {
	audiences, err := e.audiences(ctx)
	if err != nil {
		return nil, err
	}
	present := make(map[string][]model.Row)
	for _, a := range audiences {
		if a.Deleted {
			continue
		}
		var rows []model.Row
		if err := e.call(ctx, http.MethodGet, "/audiences/"+a.ID+"/rows", nil, &rows); err != nil {
			return nil, err
		}
		present[a.Name] = append(present[a.Name], rows...)
	}
	return present, nil
}
