//go:build sdk

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

// ownRequest is a request of our own client, for an SDK to make its like.
type ownRequest struct {
	Op     string         `json:"op"`
	Method string         `json:"method"`
	Path   string         `json:"path"`
	Params map[string]any `json:"params"` // of query and body
}

// recorder keeps the requests that pass.
type recorder struct {
	next     http.RoundTripper
	op       string
	requests []ownRequest
}

// RoundTrip implements [http.RoundTripper].
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	own := ownRequest{Op: r.op, Method: req.Method, Path: req.URL.Path, Params: map[string]any{}}
	for name := range req.URL.Query() {
		own.Params[name] = req.URL.Query().Get(name)
	}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(body, &own.Params); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.requests = append(r.requests, own)
	return r.next.RoundTrip(req)
}

// ownRequests has our client do each of its operations on an emulator and gives the file
// with its requests.
func ownRequests(t *testing.T) string {
	t.Helper()
	const secret = "app-secret"
	rec := &recorder{next: graphtest.New(graphtest.Options{
		Apps: []graphtest.App{{ID: graphtest.DefaultApp, Secret: secret, RequireProof: true}},
	}).RoundTripper()}
	c, err := facebook.New(facebook.Options{
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: graphtest.DefaultToken}), Transport: rec, PageLimit: 1,
		AppSecret: func() (string, error) { return secret, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	do := func(op string, call func() error) {
		t.Helper()
		rec.op = op
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
	do("accounts", func() error {
		_, _, err := c.Accounts(t.Context(), "")
		return err
	})
	do("account", func() error {
		_, err := c.Account(t.Context(), "1")
		return err
	})
	var id facebook.AudienceID
	for _, valueBased := range []bool{true, false} {
		do("create", func() error {
			id, _, err = c.CreateAudience(t.Context(), "1", facebook.NewAudience{Name: "n", Description: "d", ValueBased: valueBased})
			return err
		})
	}
	var page facebook.Page
	for range 2 {
		do("list", func() error {
			page, err = c.AudiencePage(t.Context(), "1", page.Next)
			return err
		})
	}
	do("read", func() error {
		_, _, err := c.Audience(t.Context(), id)
		return err
	})
	rows := facebook.Payload{Schema: []string{"EMAIL", "FN"}, Data: []byte(`[["` + strings.Repeat("a", 64) + `",""]]`), Rows: 1}
	do("add", func() error {
		_, err := c.AddUsers(t.Context(), id, rows)
		return err
	})
	do("remove", func() error {
		_, err := c.RemoveUsers(t.Context(), id, rows)
		return err
	})
	text, err := json.Marshal(map[string]any{"token": graphtest.DefaultToken, "secret": secret, "requests": rec.requests})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "requests.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
