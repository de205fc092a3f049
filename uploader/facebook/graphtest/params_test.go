package graphtest

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEncodings sends one membership change in every way that Meta's documentation and
// SDKs do.
func TestEncodings(t *testing.T) {
	t.Parallel()
	payload := `{"schema":["EMAIL","FN"],"data":[["` + h("a") + `",""]]}`
	native := `{"payload":` + payload + `}`
	var mp bytes.Buffer
	w := multipart.NewWriter(&mp)
	if err := w.WriteField("payload", payload); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		method, query, body, contentType string
		op                               Op
	}{
		"json body":             {"POST", "", native, "application/json", OpAdd},
		"json text in json":     {"POST", "", `{"payload":"` + strings.ReplaceAll(payload, `"`, `\"`) + `"}`, "application/json", OpAdd},
		"json without type":     {"POST", "", native, "", OpAdd},
		"urlencoded":            {"POST", "", encode("payload", payload), "application/x-www-form-urlencoded", OpAdd},
		"multipart":             {"POST", "", mp.String(), w.FormDataContentType(), OpAdd},
		"query":                 {"POST", "?" + encode("payload", payload), "", "", OpAdd},
		"delete json body":      {"DELETE", "", native, "application/json", OpRemove},
		"delete urlencoded":     {"DELETE", "", encode("payload", payload), "application/x-www-form-urlencoded", OpRemove},
		"delete query and body": {"DELETE", "?" + encode("payload", payload), "{}", "application/json", OpRemove},
		"override json":         {"POST", "", `{"method":"delete","payload":` + payload + `}`, "application/json", OpRemove},
		"override form":         {"POST", "", encode("method", "DELETE", "payload", payload), "application/x-www-form-urlencoded", OpRemove},
		"override query":        {"POST", "?method=DELETE", native, "application/json", OpRemove},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, Options{})
			id := c.create()
			c.srv.AddRows(id, Row{"EMAIL": h("a"), "LN": h("x")})
			req := c.request(tc.method, id+"/users"+tc.query, tc.body)
			req.Header.Del("Content-Type")
			if tc.contentType != "" {
				req.Header.Set("Content-Type", tc.contentType)
			}
			a := c.send(req)
			wantOK(t, a)
			if a.body["num_received"] != 1.0 {
				t.Errorf("num_received = %v", a.body["num_received"])
			}
			var want []Row
			if tc.op == OpAdd {
				want = []Row{{"EMAIL": h("a")}}
			} else {
				want = []Row{}
			}
			if d := cmp.Diff(want, c.srv.Audience(id).Rows()); d != "" {
				t.Errorf("rows: %s", d)
			}
			j := c.srv.Journal()
			if got := j[len(j)-1].Op; got != tc.op {
				t.Errorf("op = %s, want %s", got, tc.op)
			}
		})
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	id := c.create()
	for name, tc := range map[string]struct {
		path, body string
		status     int
		code       int
	}{
		"broken json":    {id + "/users", `{"payload":`, 400, 100},
		"query too long": {id + "?x=" + strings.Repeat("y", maxQueryBytes), "", 414, 1},
		"broken query":   {id + "/users?%zz", "", 400, 100},
	} {
		t.Run(name, func(t *testing.T) {
			req := c.request("POST", strings.SplitN(tc.path, "?", 2)[0], tc.body)
			if _, q, ok := strings.Cut(tc.path, "?"); ok {
				req.URL = &url.URL{Scheme: "https", Host: "graph.facebook.com", Path: req.URL.Path, RawQuery: q}
			}
			wantCode(t, c.send(req), tc.status, tc.code, 0)
		})
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		method, path string
		want         Op
	}{
		{"GET", "/v26.0/act_1/customaudiences", OpList},
		{"POST", "/act_1/customaudiences", OpCreate},
		{"GET", "/v26.0/act_1", OpAccount},
		{"DELETE", "/v26.0/act_1/usersofanyaudience", OpForget},
		{"GET", "/v26.0/238", OpRead},
		{"POST", "/v26.0/238", OpUpdate},
		{"DELETE", "/v26.0/238", OpDelete},
		{"POST", "/v26.0/238/users", OpAdd},
		{"DELETE", "/v26.0/238/users/", OpRemove},
		{"POST", "/v26.0/238/usersreplace", OpReplace},
		{"GET", "/v26.0/238/sessions", OpSessions},
		{"GET", "/v26.0/me/permissions", OpPermissions},
		{"GET", "/debug_token", OpDebugToken},
		{"POST", "/v26.0/oauth/access_token", OpLogin},
		{"GET", "/v26.0/dialog/oauth", OpDialog},
		{"GET", "/v26.0/oauth/revoke", OpRevoke},
		{"PUT", "/v26.0/238", OpUnknown},
		{"GET", "/v26.0/238/friends", OpUnknown},
		{"GET", "/v26.0/a/b/c", OpUnknown},
		{"GET", "/", OpUnknown},
	} {
		if got := parsePath(tc.path).op(tc.method); got != tc.want {
			t.Errorf("%s %s = %s, want %s", tc.method, tc.path, got, tc.want)
		}
	}
}
