package facebook_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

const appSecret = "canary-secret"

// appClient is a client of an app with a secret, which Facebook wants proof of.
func appClient(t *testing.T, server *graphtest.Server, token string) *facebook.Client {
	t.Helper()
	c, err := facebook.New(facebook.Options{
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
		AppID:       "4", AppSecret: func() (string, error) { return appSecret, nil },
		Transport: server.RoundTripper(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestLogin goes through the dialog to a long token, an inspection and its end.
func TestLogin(t *testing.T) {
	t.Parallel()
	server := graphtest.New(graphtest.Options{
		Apps:     []graphtest.App{{ID: "4", Secret: appSecret, RequireProof: true}},
		Accounts: []graphtest.Account{{ID: "1", Name: "Shop"}, {ID: "2", Name: "Other", TOSNotAccepted: true}},
	})
	c := appClient(t, server, "none")
	const redirect = "http://localhost:1234/callback"
	verifier := oauth2.GenerateVerifier()
	dialog := c.Login(redirect).AuthCodeURL("state", oauth2.S256ChallengeOption(verifier))
	if want := "https://www.facebook.com/v26.0/dialog/oauth?"; !strings.HasPrefix(dialog, want) {
		t.Errorf("dialog %s, want %s", dialog, want)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, dialog, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.RoundTripper().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || to.Query().Get("state") != "state" {
		t.Fatalf("dialog leads to %s", to)
	}
	short, err := c.ExchangeCode(t.Context(), redirect, to.Query().Get("code"), verifier)
	if err != nil {
		t.Fatal(err)
	}
	long, err := c.ExtendToken(t.Context(), short)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(long.Expiry); left < 59*24*time.Hour || left > 61*24*time.Hour {
		t.Errorf("the long token lives for %s", left)
	}

	c = appClient(t, server, long.AccessToken)
	info, err := c.InspectToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !info.Valid || info.AppID != "4" || info.Kind != facebook.TokenUser || len(info.Missing()) != 0 || info.Expires.Unix() != long.Expiry.Unix() {
		t.Errorf("inspected %+v", info)
	}
	accounts, next, err := c.Accounts(t.Context(), "")
	tasks := []string{"DRAFT", "ANALYZE", "ADVERTISE", "MANAGE"}
	want := []facebook.AdAccount{
		{ID: "1", Name: "Shop", Active: true, TermsAccepted: true, Tasks: tasks},
		{ID: "2", Name: "Other", Active: true, Tasks: tasks},
	}
	if diff := cmp.Diff(want, accounts); err != nil || next != "" || diff != "" {
		t.Errorf("accounts: next %q, %v, -want +got\n%s", next, err, diff)
	}
	account, err := c.Account(t.Context(), "act_2")
	if diff := cmp.Diff(want[1], account); err != nil || diff != "" {
		t.Errorf("account: %v, -want +got\n%s", err, diff)
	}

	if err := c.RevokeToken(t.Context(), long); err != nil {
		t.Fatal(err)
	}
	info, err = c.InspectToken(t.Context())
	if err != nil || info.Valid || info.Title != "the access token is no longer valid" {
		t.Errorf("revoked: %+v, %v", info, err)
	}
	if _, err = c.ExtendToken(t.Context(), long); facebook.ClassOf(err) != facebook.Reauth {
		t.Errorf("a revoked token was extended: %v", err)
	}
	for _, e := range server.Journal() {
		if strings.Contains(e.Path, appSecret) {
			t.Errorf("%s has the secret in its path", e.Op)
		}
	}
}

// TestLoginRefused: what the app itself shows is told apart from a token's faults,
// and no error holds it.
func TestLoginRefused(t *testing.T) {
	t.Parallel()
	server := graphtest.New(graphtest.Options{Apps: []graphtest.App{{ID: "4", Secret: "another"}}})
	c := appClient(t, server, graphtest.DefaultToken)
	for name, call := range map[string]func() error{
		"code": func() error {
			_, err := c.ExchangeCode(t.Context(), "http://localhost/", "canary-code", "v")
			return err
		},
		"extend": func() error {
			_, err := c.ExtendToken(t.Context(), &oauth2.Token{AccessToken: "canary-token"})
			return err
		},
		"inspect": func() error { _, err := c.InspectToken(t.Context()); return err },
		"revoke":  func() error { return c.RevokeToken(t.Context(), &oauth2.Token{AccessToken: "canary-token"}) },
	} {
		err := call()
		if facebook.ClassOf(err) != facebook.Reauth || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}

	without, err := facebook.New(facebook.Options{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: graphtest.DefaultToken}), Transport: server.RoundTripper()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := without.ExchangeCode(t.Context(), "http://localhost/", "c", "v"); err == nil || !strings.Contains(err.Error(), "app secret") {
		t.Errorf("without an app: %v", err)
	}
	// The token may ask about itself.
	if info, err := without.InspectToken(t.Context()); err != nil || !info.Valid || !info.Expires.IsZero() {
		t.Errorf("inspected without an app: %+v, %v", info, err)
	}
}
