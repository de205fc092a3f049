package graphtest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The tests of this file hold what Meta's own SDKs showed to be missing when they first
// drove the emulator.

// TestPreviousPage: every page but the first has the address of the one before, with the
// token of the URL in it, as clients that page by address need it.
func TestPreviousPage(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	c.token = ""
	var ids []string
	for range 5 {
		ids = append([]string{c.srv.AddAudience("1", nil)}, ids...)
	}
	read := func(query string) (got []string, next, previous string) {
		a := c.do("GET", "act_1/customaudiences?"+query, "")
		wantOK(t, a)
		for _, d := range a.body["data"].([]any) {
			got = append(got, d.(map[string]any)["id"].(string))
		}
		link := func(name string) string {
			text, _ := a.body["paging"].(map[string]any)[name].(string)
			if text == "" {
				return ""
			}
			u, err := url.Parse(text)
			if err != nil || u.Query().Get("access_token") != DefaultToken || u.Query().Get("limit") != "2" ||
				u.Query().Has("before") && u.Query().Has("after") {
				t.Errorf("%s = %s", name, text)
			}
			return u.RawQuery
		}
		return got, link("next"), link("previous")
	}
	first, next, previous := read(encode("access_token", DefaultToken, "limit", "2"))
	if previous != "" {
		t.Errorf("the first page has a page before it: %s", previous)
	}
	second, next, previous := read(next)
	if d := cmp.Diff(ids[2:4], second); d != "" || previous == "" {
		t.Fatalf("second page, previous %q: %s", previous, d)
	}
	third, next, previous := read(next)
	if d := cmp.Diff(ids[4:], third); d != "" || next != "" || previous == "" {
		t.Fatalf("last page, next %q, previous %q: %s", next, previous, d)
	}
	back, next, previous := read(previous)
	if d := cmp.Diff(second, back); d != "" || next == "" {
		t.Errorf("back to the second page, next %q: %s", next, d)
	}
	back, _, previous = read(previous)
	if d := cmp.Diff(first, back); d != "" || previous != "" {
		t.Errorf("back to the first page, previous %q: %s", previous, d)
	}
}

// TestFieldTypes: whole numbers come as numbers, and fields that are set by nobody are
// known and left out.
func TestFieldTypes(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	id := c.create(`,"retention_days":"30"`)
	a := c.do("GET", id+"?fields=retention_days,pixel_id,seed_audience,lookalike_audience_ids,opt_out_link", "")
	wantOK(t, a)
	if d := cmp.Diff(map[string]any{"id": id, "retention_days": 30.0}, a.body); d != "" {
		t.Error(d)
	}
	wantOK(t, c.do("POST", id, `{"retention_days":90}`))
	if a = c.do("GET", id+"?fields=retention_days", ""); a.body["retention_days"] != 90.0 {
		t.Errorf("after an update: %s", a.text)
	}
	if a = c.do("GET", id+"?fields=data_source", ""); !cmp.Equal(a.body["data_source"], any(map[string]any{"type": "UNKNOWN", "sub_type": "ANYTHING"})) {
		t.Errorf("data source before any upload: %s", a.text)
	}
	wantCode(t, c.do("POST", id, `{"retention_days":"soon"}`), 400, 100, 0)
	wantCode(t, c.do("POST", id, `{"retention_days":181}`), 400, 100, 0)
}

// TestSessionFields: of a session only what was asked for is shown.
func TestSessionFields(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	id := c.create()
	wantOK(t, c.do("POST", id+"/users", batchOf(t, 7, 1, false, "a")))
	a := c.do("GET", id+"/sessions?fields=session_id,num_received,end_time", "")
	wantOK(t, a)
	want := []any{map[string]any{"session_id": "7", "num_received": "1"}}
	if d := cmp.Diff(want, a.body["data"]); d != "" {
		t.Error(d)
	}
	wantCode(t, c.do("GET", id+"/sessions?fields=rainfall", ""), 400, 100, 0)
}

// TestDebugTokenByItself: a token may inspect those of its app, itself too.
func TestDebugTokenByItself(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{Apps: []App{{ID: "4"}, {ID: "5"}}, Tokens: []Token{{Value: "a"}, {Value: "b", AppID: "5"}, {Value: "dead", Dead: 460}}})
	for _, tc := range []struct {
		asker, asked string
		valid        bool
	}{{"a", "a", true}, {"a", "dead", false}, {"a", "b", false}} {
		c.token = tc.asker
		a := c.do("GET", "debug_token?fields=app_id&input_token="+tc.asked, "")
		wantOK(t, a)
		if got := a.body["data"].(map[string]any)["is_valid"]; got != tc.valid {
			t.Errorf("%s asks for %s: is_valid = %v", tc.asker, tc.asked, got)
		}
	}
	c.token = "dead"
	wantCode(t, c.do("GET", "debug_token?input_token=a", ""), 400, 190, 460)
}

// TestNoObjectNamesTheMethod as Facebook's text does.
func TestNoObjectNamesTheMethod(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	for _, method := range []string{"GET", "POST", "DELETE"} {
		a := c.do(method, "777", "")
		wantCode(t, a, 400, 100, 33)
		want := "Unsupported " + strings.ToLower(method) + " request. Object with ID '777' does not exist"
		if !strings.Contains(a.text, want) {
			t.Errorf("%s answers %s", method, a.text)
		}
	}
}

// TestAccountPages: the list of ad accounts has pages like every list, and keeps to a token's
// roles.
func TestAccountPages(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{
		Accounts: []Account{{ID: "1"}, {ID: "2"}, {ID: "3"}, {ID: "4"}},
		Tokens:   []Token{{Value: DefaultToken, Roles: map[string]Role{"act_1": RoleAdmin, "act_3": RoleReadOnly, "act_4": RoleAdmin}}},
	})
	var got [][]string
	query := "limit=2&fields=account_id"
	for query != "" && len(got) < 5 {
		a := c.do("GET", "me/adaccounts?"+query, "")
		wantOK(t, a)
		var ids []string
		for _, d := range a.body["data"].([]any) {
			ids = append(ids, d.(map[string]any)["account_id"].(string))
		}
		got = append(got, ids)
		next, _ := a.body["paging"].(map[string]any)["next"].(string)
		_, query, _ = strings.Cut(next, "?")
	}
	if d := cmp.Diff([][]string{{"1", "3"}, {"4"}}, got); d != "" {
		t.Error(d)
	}
	wantCode(t, c.do("GET", "me/adaccounts?limit=0", ""), 400, 100, 0)
}
