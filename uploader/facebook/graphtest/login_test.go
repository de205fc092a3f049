package graphtest

import (
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{Apps: []App{{ID: "4", Secret: "shh"}}})
		c.token = ""
		a := c.do("GET", "dialog/oauth?"+encode("client_id", "4", "redirect_uri", "http://localhost/cb?x=1", "state", "s"), "")
		to, err := url.Parse(a.header.Get("Location"))
		if err != nil || a.status != 302 || to.Query().Get("state") != "s" || to.Query().Get("x") != "1" {
			t.Fatalf("dialog: %d to %s", a.status, to)
		}
		app := []string{"client_id", "4", "client_secret", "shh"}
		token := func(kv ...string) answer { return c.do("GET", "oauth/access_token?"+encode(append(app, kv...)...), "") }
		code := to.Query().Get("code")
		a = token("code", code, "redirect_uri", "http://localhost/cb")
		wantOK(t, a)
		short := a.body["access_token"].(string)
		if a.body["token_type"] != "bearer" || a.body["expires_in"] != 3600.0 {
			t.Errorf("by code: %v", a.body)
		}
		wantCode(t, token("code", code), 400, 100, 36009)
		a = token("grant_type", "fb_exchange_token", "fb_exchange_token", short)
		wantOK(t, a)
		long := a.body["access_token"].(string)
		if a.body["expires_in"] != 5183944.0 {
			t.Errorf("exchanged: %v", a.body["expires_in"])
		}
		wantCode(t, token("grant_type", "fb_exchange_token", "fb_exchange_token", "x"), 400, 190, 0)
		wantCode(t, c.do("GET", "oauth/access_token?client_id=4&client_secret=no", ""), 400, 1, 0)
		if got := token("grant_type", "client_credentials").body["access_token"]; got != "4|shh" {
			t.Errorf("client credentials: %v", got)
		}

		debug := func(token string) map[string]any {
			bearer := c.token
			c.token = ""
			defer func() { c.token = bearer }()
			a := c.do("GET", "debug_token?"+encode("input_token", token, "access_token", "4|shh"), "")
			wantOK(t, a)
			return a.body["data"].(map[string]any)
		}
		if got := debug(long); got["is_valid"] != true || got["app_id"] != "4" || got["type"] != "USER" ||
			got["expires_at"] != float64(time.Now().Add(longLife).Unix()) {
			t.Errorf("debug: %v", got)
		}
		if got := debug("x"); got["is_valid"] != false {
			t.Errorf("debug of nonsense: %v", got)
		}
		if got := debug(DefaultToken)["expires_at"]; got != 0.0 {
			t.Errorf("expires_at of an endless token: %v", got)
		}
		wantCode(t, c.do("GET", "debug_token?input_token=x&access_token=4|no", ""), 400, 190, 0)

		c.token = long
		if got := c.do("GET", "me", "").body["id"]; got != DefaultUser {
			t.Errorf("me: %v", got)
		}
		if got := len(c.do("GET", "me/permissions", "").body["data"].([]any)); got != 3 {
			t.Errorf("%d permissions, want 3", got)
		}
		time.Sleep(time.Hour)
		c.token = short
		wantCode(t, c.do("GET", "me", ""), 400, 190, 463)
		wantCode(t, token("grant_type", "fb_exchange_token", "fb_exchange_token", short), 400, 190, 463)
		if got := debug(short)["error"].(map[string]any)["subcode"]; got != 463.0 {
			t.Errorf("debug of an expired token: subcode %v", got)
		}
		wantOK(t, c.do("GET", "oauth/revoke?"+encode(append(app, "revoke_token", long)...), ""))
		c.token = long
		wantCode(t, c.do("GET", "me", ""), 400, 190, 467)
		c.srv.SetToken(Token{Value: long, AppID: "4"})
		wantOK(t, c.do("GET", "me", ""))
		wantCode(t, c.do("GET", "dialog/oauth?client_id=9&redirect_uri=http://x/", ""), 400, 191, 0)
		wantCode(t, c.do("GET", "oauth/revoke?client_id=9", ""), 400, 190, 0)
	})
}
