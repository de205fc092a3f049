package facebook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// FuzzAnswer: no answer breaks an attempt of any operation, whatever its status
// and body, and what the body says never reaches the error's text.
func FuzzAnswer(f *testing.F) {
	const secret = "secret word" // no trace id holds a blank
	f.Add(uint8(0), 200, usersOK, "")
	f.Add(uint8(1), 200, "Service Unavailable", "1")
	f.Add(uint8(2), 200, `{"id":"23849182047670582"}`, "")
	f.Add(uint8(3), 200, `{"id":"2","account_id":"act_4","operation_status":{"code":471,"description":"secret word"},"approximate_count_lower_bound":-1,"time_created":1700000000}`, "")
	f.Add(uint8(4), 200, `{"data":[{"id":"1","name":"secret word"}],"paging":{"next":"https://x/?after=a"}}`, "")
	f.Add(uint8(0), 400, `{"error":{"message":"secret word","type":"OAuthException","code":100,"error_subcode":33,"fbtrace_id":"A3b/8-_"}}`, "")
	f.Add(uint8(1), 400, `{"error":{"message":1,"type":{},"code":"190","error_subcode":"463","error_data":"{\"a\":1}","is_transient":"true"}}`, "86401")
	f.Add(uint8(2), 400, `{"error":{"code":1e300,"error_data":{"blame_field_specs":[["payload"]]}}}`, "-1")
	f.Add(uint8(5), 200, `{"data":[{"account_id":"1","name":"secret word","account_status":1,"tos_accepted":[],"user_tasks":["ADVERTISE"]}]}`, "")
	f.Add(uint8(6), 200, `{"account_id":1,"tos_accepted":{"custom_audience_tos":"1"}}`, "")
	f.Add(uint8(7), 200, `{"data":{"is_valid":false,"expires_at":"0","scopes":["ads_management"],"error":{"code":190,"subcode":463,"message":"secret word"}}}`, "")
	f.Add(uint8(8), 200, `{"access_token":"EAAB","expires_in":5183944}`, "")
	f.Add(uint8(9), 200, `{"success":true}`, "")
	f.Add(uint8(4), 429, "<!DOCTYPE html><html>secret word</html>", "Wed, 21 Oct 2099 07:28:00 GMT")
	var transport http.RoundTripper
	c := newClient(f, roundTripper(func(r *http.Request) (*http.Response, error) { return transport.RoundTrip(r) }), func(o *Options) {
		o.AppID, o.AppSecret = "4", func() (string, error) { return canary, nil }
	})
	operations := []func(context.Context) error{
		func(ctx context.Context) error {
			result, err := c.AddUsers(ctx, "123", twoRows)
			if err == nil && (result.NumReceived < 0 || result.NumInvalid < 0 || len(result.InvalidRows) > maxSamples) {
				return fmt.Errorf("half a result: %+v", result)
			}
			return err
		},
		func(ctx context.Context) error { _, err := c.RemoveUsers(ctx, "123", twoRows); return err },
		func(ctx context.Context) error {
			id, _, err := c.CreateAudience(ctx, "42", NewAudience{Name: "x"})
			if err == nil && !digits(string(id)) {
				return fmt.Errorf("made %q", id)
			}
			return err
		},
		func(ctx context.Context) error {
			a, _, err := c.Audience(ctx, "123")
			if err == nil && (!digits(string(a.ID)) || a.Account != "" && !digits(string(a.Account))) {
				return fmt.Errorf("half an audience: %+v", a)
			}
			return err
		},
		func(ctx context.Context) error { _, err := c.AudiencePage(ctx, "42", "a"); return err },
		func(ctx context.Context) error { _, _, err := c.Accounts(ctx, "a"); return err },
		func(ctx context.Context) error { _, err := c.Account(ctx, "42"); return err },
		func(ctx context.Context) error { _, err := c.InspectToken(ctx); return err },
		func(ctx context.Context) error { _, err := c.ExchangeCode(ctx, "http://x/", "code", "v"); return err },
		func(ctx context.Context) error { return c.RevokeToken(ctx, &oauth2.Token{AccessToken: "x"}) },
	}
	f.Fuzz(func(t *testing.T, op uint8, status int, body, retryAfter string) {
		if status < 100 || status > 999 {
			return
		}
		transport = says(status, body, "Retry-After", retryAfter)
		err := operations[int(op)%len(operations)](t.Context())
		var e *Error
		switch {
		case err == nil && (status < 200 || status > 299):
			t.Errorf("status %d is a success", status)
		case err != nil && !errors.As(err, &e):
			t.Errorf("error is a %T: %v", err, err)
		case err != nil && (e.Class == Unclassified || e.Title == "" || e.RetryAfter < 0 || e.RetryAfter > maxWait):
			t.Errorf("half an error: %+v", e)
		case err != nil && strings.Contains(err.Error(), secret):
			t.Errorf("Facebook's text in %q", err)
		}
	})
}

// FuzzUsage: no header breaks the parsing or gives a share or wait out of bounds.
func FuzzUsage(f *testing.F) {
	f.Add(`{"1":[{"type":"custom_audience","call_count":32,"estimated_time_to_regain_access":"3"}]}`, `{"call_count":5}`, `{"acc_id_util_pct":9.67,"reset_time_duration":100}`)
	f.Add(`{"1":[]}`, `[]`, `{"acc_id_util_pct":"1e999"}`)
	f.Fuzz(func(t *testing.T, business, app, account string) {
		u := ParseUsage(http.Header{headerBusiness: {business}, headerApp: {app}, headerAdAccount: {account}})
		if p := u.Percent(); !(p >= 0 && p <= 1e6) {
			t.Errorf("percent %v", p)
		}
		for _, wait := range []time.Duration{u.RegainAccess(), u.AdAccount.Reset} {
			if wait < 0 || wait > maxWait {
				t.Errorf("wait %s", wait)
			}
		}
		if len(u.Business) > maxBusinessEntries {
			t.Errorf("%d entries", len(u.Business))
		}
	})
}

// FuzzPage: a listing either ends or goes on with another cursor.
func FuzzPage(f *testing.F) {
	f.Add(`{"data":[]}`, "")
	f.Add(`{"data":[{"id":"1","name":"x"}],"paging":{"cursors":{"before":"b","after":"a"},"next":"https://x/?after=a"}}`, "b")
	f.Add(`{"data":[{"id":2}],"paging":{"next":"https://x/?after=c%3D&limit=1"}}`, "")
	f.Fuzz(func(t *testing.T, body, after string) {
		page, ok := decodePage([]byte(body), after)
		if ok && page.Next != "" && page.Next == after {
			t.Error("a page that follows itself")
		}
		for _, a := range page.Audiences {
			if ok && !digits(string(a.ID)) {
				t.Errorf("id %q", a.ID)
			}
		}
	})
}

// FuzzHashRow: a row has one hash, whichever way its strings are escaped.
func FuzzHashRow(f *testing.F) {
	f.Add("a@b", "\u2028<&>\xff\"\\")
	f.Add("", "\x00\U0001f600")
	f.Fuzz(func(t *testing.T, a, b string) {
		escaped, err := json.Marshal([]string{a, b})
		if err != nil {
			t.Fatal(err)
		}
		var plain strings.Builder
		encoder := json.NewEncoder(&plain)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent(" ", "  ")
		if err := encoder.Encode([]string{a, b}); err != nil {
			t.Fatal(err)
		}
		if HashRow(escaped) != HashRow([]byte(plain.String())) {
			t.Errorf("%s and %s have two hashes", escaped, plain.String())
		}
		HashRow([]byte(a)) // no JSON, most of the time
	})
}

// FuzzToken: what is taken for a token can stand in a header, and an error never
// quotes what it is about.
func FuzzToken(f *testing.F) {
	f.Add([]byte(" EAAabc123\n"))
	f.Add([]byte("EAAabc\nEAAdef"))
	f.Add([]byte("EAA\xc3\xa9"))
	f.Fuzz(func(t *testing.T, text []byte) {
		token, err := parseToken("file x", text)
		if err != nil {
			for _, word := range strings.Fields(string(text)) {
				if len(word) > 12 && strings.Contains(err.Error(), word) {
					t.Errorf("%q in %q", word, err)
				}
			}
			return
		}
		r := http.Request{Header: http.Header{}}
		token.SetAuthHeader(&r)
		if got := r.Header.Get("Authorization"); got != "Bearer "+token.AccessToken || !strings.Contains(string(text), token.AccessToken) {
			t.Errorf("%q is sent as %q", text, got)
		}
		if strings.ContainsFunc(token.AccessToken, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Errorf("token %q", token.AccessToken)
		}
	})
}

// FuzzID: an id that is taken is what was given, and is one segment of a path.
func FuzzID(f *testing.F) {
	f.Add("23849182047670582")
	f.Add("act_42")
	f.Add("4/2")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseAudienceID(s); err == nil && (string(id) != s || url.PathEscape(s) != s) {
			t.Errorf("audience %q is %q", s, id)
		}
		id, err := ParseAccountID(s)
		if err != nil {
			return
		}
		if again, err := ParseAccountID(id.Node()); err != nil || again != id || url.PathEscape(id.Node()) != id.Node() {
			t.Errorf("account %q is %q, whose node is %q: %v", s, id, again, err)
		}
	})
}
