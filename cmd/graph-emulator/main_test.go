package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"muster/uploader/facebook/graphtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs the command on ports of the system's choice until the test ends, and gives the
// addresses of the API and of the admin side.
func start(t *testing.T, args ...string) (api, admin string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}, args...), w)
		w.CloseWithError(err)
		done <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run ended with %v", err)
		}
	})
	lines := bufio.NewScanner(r)
	address := func() string {
		if !lines.Scan() {
			t.Fatalf("no address printed: %v", lines.Err())
		}
		return lines.Text()[strings.Index(lines.Text(), "http://"):]
	}
	return address(), address()
}

// TestRun starts the command, creates an audience over HTTP, finds it on the admin side and
// stops it.
func TestRun(t *testing.T) {
	api, admin := start(t, "--account", "77", "--token", "t")
	client := &http.Client{}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api+"/v26.0/act_77/customaudiences",
		strings.NewReader(`{"name":"n","subtype":"CUSTOM"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer t")
	if body := fetch(t, client, req); !strings.Contains(body, `"id"`) {
		t.Errorf("create answered %s", body)
	}
	req, err = http.NewRequestWithContext(t.Context(), http.MethodGet, admin+"/audiences", nil)
	if err != nil {
		t.Fatal(err)
	}
	if body := fetch(t, client, req); !strings.Contains(body, `"account":"act_77"`) {
		t.Errorf("admin shows %s", body)
	}
}

func fetch(t *testing.T, client *http.Client, req *http.Request) string {
	t.Helper()
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		want []string // in the error
	}{
		{[]string{"--fault-rate", "2", "--token", ""}, []string{"--fault-rate", "--token"}},
		{[]string{"--limited-tier", "--unmetered"}, []string{"--limited-tier", "--unmetered"}},
		{[]string{"--fault-kinds", "earthquake"}, []string{"earthquake", string(graphtest.ResetAfter)}},
		{[]string{"--listen", "256.0.0.1:1"}, []string{"listen for the API"}},
		{[]string{"extra"}, []string{"unknown command"}},
	} {
		t.Run(fmt.Sprint(tc.args), func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), tc.args, io.Discard)
			if err == nil {
				t.Fatal("run did not fail")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not name %q", err, want)
				}
			}
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	c := config{accounts: []string{"1", "2"}, token: "t", limited: true, faultRate: 0.5, faultKinds: []string{"slow", "code1"}}
	opts, err := c.options()
	if err != nil {
		t.Fatal(err)
	}
	if len(opts.Accounts) != 2 || opts.Accounts[1].Quota != graphtest.LimitedTier() {
		t.Errorf("accounts %+v", opts.Accounts)
	}
	if got := opts.Random.Rates[graphtest.Slow]; got != 0.25 || len(opts.Random.Rates) != 2 {
		t.Errorf("rates %v", opts.Random.Rates)
	}
}

// TestClientInPath: each client has a base URL of its own and is told apart by it.
func TestClientInPath(t *testing.T) {
	t.Parallel()
	c := config{clientPath: true, unmetered: true, accounts: []string{"77"}, token: "t"}
	opts, err := c.options()
	if err != nil {
		t.Fatal(err)
	}
	srv := graphtest.New(opts)
	for _, path := range []string{"/worker-1/v26.0/act_77", "/worker-2/v26.0/act_77"} {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		req.Header.Set("Authorization", "Bearer t")
		rec := httptest.NewRecorder()
		c.api(srv).ServeHTTP(rec, req)
		if rec.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	journal := srv.Journal()
	if len(journal) != 2 || journal[0].Client != "worker-1" || journal[1].Client != "worker-2" || journal[0].Path != "/v26.0/act_77" {
		t.Errorf("journal %+v", journal)
	}
}
