package facebook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

func TestNewTellsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := New(Options{BaseURL: "ftp://x", APIVersion: "26", Timeout: -1, PageLimit: -1})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"base URL", `"26"`, "token source", "time-out", "page limit"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not speak of %s", err, want)
		}
	}
	for _, base := range []string{"https://user:secret@x", "https://x?access_token=secret", "https://x#secret", "://secret", "https://"} {
		if _, err := New(Options{BaseURL: base, TokenSource: oauth2.StaticTokenSource(nil)}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("base URL %s: %v", base, err)
		}
	}
}

// TestRequests holds what goes out: method, URL, headers, body.
func TestRequests(t *testing.T) {
	t.Parallel()
	const base = "https://graph.facebook.com/v26.0"
	tests := []struct {
		name   string
		answer string
		call   func(*Client) error
		method string
		path   string
		query  url.Values
		body   string
	}{
		{
			name: "add", answer: usersOK, method: "POST", path: base + "/123/users",
			call: func(c *Client) error { _, err := c.AddUsers(t.Context(), "123", twoRows); return err },
			body: `{"payload":{"schema":["EMAIL","FN"],"data":[["aa",""],["bb","cc"]]}}`,
		},
		{
			name: "add, of apps and pages", answer: usersOK, method: "POST", path: base + "/123/users",
			call: func(c *Client) error {
				_, err := c.AddUsers(t.Context(), "123", Payload{Schema: []string{"EMAIL"}, Data: []byte(`[["aa"]]`), Rows: 1, AppIDs: []string{"5", "6"}, PageIDs: []string{"7"}})
				return err
			},
			body: `{"payload":{"schema":["EMAIL"],"app_ids":["5","6"],"page_ids":["7"],"data":[["aa"]]}}`,
		},
		{
			name: "remove, one key", answer: usersOK, method: "DELETE", path: base + "/123/users",
			call: func(c *Client) error {
				_, err := c.RemoveUsers(t.Context(), "123", Payload{Schema: []string{"EMAIL"}, Data: []byte(`[["aa"]]`), Rows: 1})
				return err
			},
			body: `{"payload":{"schema":["EMAIL"],"data":[["aa"]]}}`,
		},
		{
			name: "create", answer: `{"id":"777"}`, method: "POST", path: base + "/act_42/customaudiences",
			call: func(c *Client) error {
				id, _, err := c.CreateAudience(t.Context(), "42", NewAudience{Name: "n", Description: "d"})
				if id != "777" {
					t.Errorf("id %s", id)
				}
				return err
			},
			body: `{"customer_file_source":"USER_PROVIDED_ONLY","description":"d","name":"n","subtype":"CUSTOM"}`,
		},
		{
			name: "create value-based", answer: `{"id":777}`, method: "POST", path: base + "/act_42/customaudiences",
			call: func(c *Client) error {
				_, _, err := c.CreateAudience(t.Context(), "act_42", NewAudience{Name: "n", ValueBased: true, Source: SourceBoth})
				return err
			},
			body: `{"customer_file_source":"BOTH_USER_AND_PARTNER_PROVIDED","description":"","is_value_based":true,"name":"n","subtype":"CUSTOM"}`,
		},
		{
			name: "list", answer: `{"data":[]}`, method: "GET", path: base + "/act_42/customaudiences",
			call:  func(c *Client) error { _, err := c.AudiencePage(t.Context(), "42", "a="); return err },
			query: url.Values{"fields": {"id,name,description,subtype,time_content_updated"}, "limit": {"20"}, "after": {"a="}},
		},
		{
			name: "read", answer: `{"id":"123"}`, method: "GET", path: base + "/123",
			call:  func(c *Client) error { _, _, err := c.Audience(t.Context(), "123", "operation_status"); return err },
			query: url.Values{"fields": {"operation_status"}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sent := 0
			c := newClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
				sent++
				body := ""
				if r.Body != nil {
					read, err := io.ReadAll(r.Body)
					if err != nil {
						t.Error(err)
					}
					body = string(read)
					if int64(len(body)) != r.ContentLength || r.Header.Get("Content-Type") != "application/json" {
						t.Errorf("%d bytes announced of %d as %s", r.ContentLength, len(body), r.Header.Get("Content-Type"))
					}
				}
				query := r.URL.Query()
				if len(query) == 0 {
					query = nil
				}
				bare := *r.URL
				bare.RawQuery = ""
				if diff := cmp.Diff([]any{test.method, test.path, test.query, test.body}, []any{r.Method, bare.String(), query, body}); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
				if got := r.Header.Get("Authorization"); got != "Bearer "+canary {
					t.Errorf("Authorization %q", got)
				}
				return respond(r, 200, test.answer), nil
			}))
			if err := test.call(c); err != nil {
				t.Error(err)
			}
			if sent != 1 {
				t.Errorf("%d requests", sent)
			}
		})
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	c := newClient(t, roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("sent")
		return nil, io.EOF
	}))
	with := func(edit func(*Payload)) Payload {
		p := twoRows
		edit(&p)
		return p
	}
	users := func(id AudienceID, p Payload) error { _, err := c.AddUsers(t.Context(), id, p); return err }
	tests := map[string]error{
		"no id":      users("", twoRows),
		"path in id": users("123/../me", twoRows),
		"no rows":    users("123", with(func(p *Payload) { p.Rows = 0 })),
		"10,001":     users("123", with(func(p *Payload) { p.Rows = MaxRows + 1 })),
		"no schema":  users("123", with(func(p *Payload) { p.Schema = nil })),
		"no array":   users("123", with(func(p *Payload) { p.Data = []byte(`{}`) })),
		"app":        users("123", with(func(p *Payload) { p.AppIDs = []string{`1","x`} })),
		"account":    users("123", with(func(p *Payload) { p.Account = "x" })),
	}
	_, _, tests["no name"] = c.CreateAudience(t.Context(), "42", NewAudience{})
	_, _, tests["create where"] = c.CreateAudience(t.Context(), "act_", NewAudience{Name: "n"})
	_, tests["list where"] = c.AudiencePage(t.Context(), "me", "")
	_, _, tests["read what"] = c.Audience(t.Context(), "me")
	for name, err := range tests {
		var e *Error
		if !errors.As(err, &e) || e.Class != BadRequest || e.Unknown {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTenThousandRowsAreSent(t *testing.T) {
	t.Parallel()
	c := newClient(t, says(200, usersOK))
	data := "[" + strings.Repeat(`["a"],`, MaxRows-1) + `["a"]]`
	if _, err := c.AddUsers(t.Context(), "123", Payload{Schema: []string{"EMAIL"}, Data: []byte(data), Rows: MaxRows}); err != nil {
		t.Error(err)
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	pages := map[string]string{
		"":   `{"data":[{"id":"3","name":"c","description":"d","subtype":"CUSTOM"},{"id":2}],"paging":{"cursors":{"before":"x","after":"p2"},"next":"https://elsewhere/?access_token=t&after=p2"}}`,
		"p2": `{"data":[{"id":"1"}],"paging":{"next":"https://elsewhere/?access_token=t&after=p3%3D"}}`,
		// Cursors without next: the last page.
		"p3=": `{"data":[{"id":"0"}],"paging":{"cursors":{"before":"y","after":"p4"}}}`,
	}
	c := newClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host != "graph.facebook.com" {
			t.Errorf("called %s", r.URL.Host)
		}
		return respond(r, 200, pages[r.URL.Query().Get("after")], headerApp, `{"call_count":7}`), nil
	}))
	var ids []AudienceID
	for after, calls := "", 0; ; calls++ {
		page, err := c.AudiencePage(t.Context(), "42", after)
		if err != nil || calls > 2 {
			t.Fatalf("call %d: %v", calls, err)
		}
		if page.Usage.App.Calls != 7 {
			t.Errorf("usage %+v", page.Usage)
		}
		for _, a := range page.Audiences {
			ids = append(ids, a.ID)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if diff := cmp.Diff([]AudienceID{"3", "2", "1", "0"}, ids); diff != "" {
		t.Errorf("audiences (-want +got):\n%s", diff)
	}
}

func TestAListingThatCannotGoOnIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"data":[],"paging":{"next":"https://x/"}}`,
		`{"data":[],"paging":{"cursors":{"after":"a"},"next":"https://x/?after=a"}}`,
		`{"data":[{"name":"no id"}]}`,
		`{"data":null}`, `{}`,
	} {
		c := newClient(t, says(200, body))
		if page, err := c.AudiencePage(t.Context(), "42", "a"); ClassOf(err) != Transient || page.Next != "" {
			t.Errorf("%s: next %q, %v", body, page.Next, err)
		}
	}
}

func TestAudience(t *testing.T) {
	t.Parallel()
	c := newClient(t, says(200, `{"id":"123","account_id":"42","name":"n","description":"d","subtype":"CUSTOM","is_value_based":1,
		"delivery_status":{"code":300,"description":"small"},"operation_status":{"code":"441","description":"populating"},
		"approximate_count_lower_bound":-1,"approximate_count_upper_bound":"1000","time_created":1700000000,"time_updated":"1700000001","time_content_updated":0}`))
	got, _, err := c.Audience(t.Context(), "123")
	want := Audience{
		ID: "123", Account: "42", Name: "n", Description: "d", Subtype: "CUSTOM", ValueBased: true,
		Delivery: Status{300, "small"}, Operation: Status{OperationPopulating, "populating"}, Lower: -1, Upper: 1000,
		Created: time.Unix(1700000000, 0), Updated: time.Unix(1700000001, 0),
	}
	if err != nil || !cmp.Equal(want, got) {
		t.Errorf("%v, audience (-want +got):\n%s", err, cmp.Diff(want, got))
	}
}

func TestProof(t *testing.T) {
	t.Parallel()
	// HMAC-SHA256 with key "secret", computed with another tool.
	now := time.Unix(1700000000, 0)
	plain, timed := url.Values{}, url.Values{}
	addProof(plain, ProofPlain, "secret", "token", now)
	addProof(timed, ProofTimed, "secret", "token", now)
	want := []url.Values{
		{"appsecret_proof": {"e941110e3d2bfe82621f0e3e1434730d7305d106c5f68c87165d0b27a4611a4a"}},
		{"appsecret_proof": {"3c81f1bf0544f53adccadbaf135235bf73451aadede41a90a122c46e93dcae64"}, "appsecret_time": {"1700000000"}},
	}
	if diff := cmp.Diff(want, []url.Values{plain, timed}); diff != "" {
		t.Errorf("proofs (-want +got):\n%s", diff)
	}
}

func TestProofIsSent(t *testing.T) {
	t.Parallel()
	var got url.Values
	record := roundTripper(func(r *http.Request) (*http.Response, error) {
		got = r.URL.Query()
		return says(200, usersOK)(r)
	})
	secret := func(o *Options) { o.AppSecret = func() (string, error) { return "shh", nil } }
	if _, err := newClient(t, record, secret).AddUsers(t.Context(), "123", twoRows); err != nil {
		t.Fatal(err)
	}
	want := url.Values{}
	addProof(want, ProofPlain, "shh", canary, time.Now())
	if !cmp.Equal(want, got) {
		t.Error(cmp.Diff(want, got))
	}
	none := func(o *Options) { o.AppSecret = func() (string, error) { return "", errors.New("shh") } }
	_, err := newClient(t, record, none).AddUsers(t.Context(), "123", twoRows)
	if ClassOf(err) != Reauth || strings.Contains(err.Error(), "shh") {
		t.Errorf("without a secret: %v", err)
	}
}

func TestVersionWarning(t *testing.T) {
	t.Parallel()
	var heard []VersionWarning
	var log bytes.Buffer
	c := newClient(t, says(200, usersOK, headerVersionWarning, "The call has been auto-upgraded to v26.0 as v24.0 has been deprecated"),
		func(o *Options) {
			o.OnVersionWarning = func(w VersionWarning) { heard = append(heard, w) }
			o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		})
	for range 3 {
		if _, err := c.AddUsers(context.Background(), "123", twoRows); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]VersionWarning{{Served: "v26.0", Asked: "v24.0"}}, heard); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "asked=v24.0") {
		t.Errorf("%d lines logged: %s", n, &log)
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]AccountID{"act_42": "42", "42": "42", "act_act_42": "", "act_": "", "": "", "4 2": "", "-1": "", strings.Repeat("1", 33): ""} {
		got, err := ParseAccountID(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("account %q: %q, %v", text, got, err)
		}
	}
	if AccountID("act_42").Node() != "act_42" || AccountID("42").Node() != "act_42" {
		t.Error("Node")
	}
	var big struct{ ID idText }
	if json.Unmarshal([]byte(`{"ID":23849182047670582}`), &big) != nil || big.ID != "23849182047670582" {
		t.Errorf("id lost digits: %s", big.ID)
	}
}
