package graphtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"testing"
	"time"
)

func TestToken(t *testing.T) {
	t.Parallel()
	past := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	tokens := []Token{
		{Value: "good"},
		{Value: "future", Expires: time.Now().Add(time.Hour)},
		{Value: "expired", Expires: past},
		{Value: "password", Dead: 460},
		{Value: "removed", Dead: 458},
		{Value: "checkpoint", Dead: 459},
		{Value: "revoked", Dead: 467},
		{Value: "no scopes", Scopes: []string{}},
		{Value: "reader", Scopes: []string{"ads_read"}},
		{Value: "stranger", Roles: map[string]Role{"act_2": RoleAdmin}},
		{Value: "read only", Roles: map[string]Role{"act_1": RoleReadOnly}},
		{Value: "dev", AppID: "5"},
		{Value: "dev own", AppID: "5", Roles: map[string]Role{"act_1": RoleAdmin}},
	}
	for _, tc := range []struct {
		token, method, path   string
		status, code, subcode int
	}{
		{"", "GET", "act_1/customaudiences", 400, 104, 0},
		{"", "GET", "me", 400, 2500, 0},
		{"nonsense", "GET", "act_1", 400, 190, 0},
		{"expired", "GET", "act_1", 400, 190, 463},
		{"password", "GET", "act_1", 400, 190, 460},
		{"removed", "GET", "act_1", 400, 190, 458},
		{"checkpoint", "GET", "act_1", 400, 190, 459},
		{"revoked", "GET", "act_1", 400, 190, 467},
		{"no scopes", "GET", "act_1", 400, 294, 0},
		{"reader", "GET", "act_1", 200, 0, 0},
		{"reader", "POST", "act_1/customaudiences", 400, 294, 0},
		{"stranger", "GET", "act_1", 400, 100, 33},
		{"good", "GET", "act_9", 400, 100, 33},
		{"good", "GET", "12345", 400, 100, 33},
		{"read only", "GET", "act_1", 200, 0, 0},
		{"read only", "POST", "act_1/customaudiences", 403, 200, 0},
		{"dev", "GET", "act_1", 400, 270, 0},
		{"dev own", "GET", "act_1", 200, 0, 0},
		{"good", "GET", "act_1", 200, 0, 0},
		{"future", "GET", "act_1", 200, 0, 0},
		{"good", "GET", "me", 200, 0, 0},
	} {
		t.Run(tc.token+" "+tc.path, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, Options{Tokens: tokens, Apps: []App{{ID: "4"}, {ID: "5", DevTier: true}}})
			c.token = tc.token
			wantCode(t, c.do(tc.method, tc.path, ""), tc.status, tc.code, tc.subcode)
		})
	}
}

func TestTokenPlaces(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	c.token = ""
	wantOK(t, c.do("GET", "act_1?access_token="+DefaultToken, ""))
	wantOK(t, c.do("POST", "act_1/customaudiences", encode("access_token", DefaultToken, "name", "n", "subtype", "CUSTOM")))
	if got := c.violations()[TokenInURL]; got != 1 {
		t.Errorf("token in the URL noted %d times, want 1", got)
	}
}

func TestAuthStatus(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{AuthStatus: http.StatusUnauthorized})
	c.token = "nonsense"
	a := c.do("GET", "act_1", "")
	wantCode(t, a, 401, 190, 0)
	if got := a.header.Get("WWW-Authenticate"); got == "" {
		t.Error("no WWW-Authenticate header")
	}
}

func TestProof(t *testing.T) {
	t.Parallel()
	sign := func(message string) string {
		mac := hmac.New(sha256.New, []byte("shh"))
		mac.Write([]byte(message))
		return hex.EncodeToString(mac.Sum(nil))
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	old := strconv.FormatInt(time.Now().Add(-6*time.Minute).Unix(), 10)
	for name, tc := range map[string]struct {
		query string
		ok    bool
	}{
		"missing":      {"", false},
		"right":        {encode("appsecret_proof", sign(DefaultToken)), true},
		"wrong":        {encode("appsecret_proof", sign("other")), false},
		"timed":        {encode("appsecret_proof", sign(DefaultToken+"|"+now), "appsecret_time", now), true},
		"timed, old":   {encode("appsecret_proof", sign(DefaultToken+"|"+old), "appsecret_time", old), false},
		"time unsaid":  {encode("appsecret_proof", sign(DefaultToken+"|"+now)), false},
		"time no time": {encode("appsecret_proof", sign(DefaultToken+"|x"), "appsecret_time", "x"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, Options{Apps: []App{{ID: "4", Secret: "shh", RequireProof: true}}})
			a := c.do("GET", "act_1?"+tc.query, "")
			if tc.ok {
				wantOK(t, a)
				return
			}
			wantCode(t, a, 400, 100, 0)
			if e := a.body["error"].(map[string]any); e["type"] != "GraphMethodException" {
				t.Errorf("type = %v", e["type"])
			}
		})
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	id := c.create()
	c.srv.SetTOSAccepted("1", false)
	rows := payloadOf(t, "EMAIL", []string{h("a")})
	for _, tc := range []struct{ method, path, body string }{
		{"POST", "act_1/customaudiences", `{"name":"n","subtype":"CUSTOM"}`},
		{"POST", id, `{"name":"n"}`},
		{"DELETE", id, ""},
		{"POST", id + "/users", rows},
		{"DELETE", id + "/users", rows},
	} {
		wantCode(t, c.do(tc.method, tc.path, tc.body), 403, 200, 1870090)
	}
	wantOK(t, c.do("GET", "act_1/customaudiences", ""))
	a := c.do("GET", "act_1?fields=tos_accepted", "")
	wantOK(t, a)
	if got := len(a.body["tos_accepted"].(map[string]any)); got != 0 {
		t.Errorf("unsigned: tos_accepted has %d entries", got)
	}
	c.srv.SetTOSAccepted("act_1", true)
	a = c.do("GET", "act_1?fields=tos_accepted,user_tos_accepted,name,account_status", "")
	if got := a.body["tos_accepted"].(map[string]any)["custom_audience_tos"]; got != 1.0 {
		t.Errorf("signed: custom_audience_tos = %v", got)
	}
	wantOK(t, c.do("POST", id+"/users", rows))
	other := newClient(t, Options{TOSSubcode: 1870034, Accounts: []Account{{ID: "1", TOSNotAccepted: true}}})
	wantCode(t, other.do("POST", "act_1/customaudiences", `{"name":"n"}`), 403, 200, 1870034)
}

func TestVersion(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	a := c.do("GET", "act_1", "")
	if got := a.header.Get("facebook-api-version"); got != "v26.0" {
		t.Errorf("version = %q", got)
	}
	if got := a.header.Get("X-Ad-Api-Version-Warning"); got != "" {
		t.Errorf("warning %q for the present version", got)
	}
	old := func(c *client) answer {
		req := c.request("GET", "act_1", "")
		req.URL.Path = "/v19.0/act_1"
		return c.send(req)
	}
	a = old(c)
	wantOK(t, a)
	if a.header.Get("X-Ad-Api-Version-Warning") == "" {
		t.Error("no warning for an old version")
	}
	wantCode(t, old(newClient(t, Options{RejectOldVersions: true})), 400, 2635, 0)
	for _, name := range []string{"x-fb-trace-id", "x-fb-request-id", "x-fb-rev", "Cache-Control"} {
		if a.header.Get(name) == "" {
			t.Errorf("no header %s", name)
		}
	}
}
