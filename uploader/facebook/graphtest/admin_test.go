package graphtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func adminCall(t *testing.T, admin http.Handler, method, path, body string, status int) string {
	t.Helper()
	rec := httptest.NewRecorder()
	admin.ServeHTTP(rec, httptest.NewRequest(method, path, strings.NewReader(body)))
	b, err := io.ReadAll(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	if rec.Code != status {
		t.Fatalf("%s %s: %d %s, want %d", method, path, rec.Code, b, status)
	}
	return string(b)
}

func adminRead[T any](t *testing.T, admin http.Handler, path string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(adminCall(t, admin, "GET", path, "", 200)), &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	admin := c.srv.Admin()
	if got := adminCall(t, admin, "GET", "/inflight", "", 200); got != "[]" {
		t.Errorf("inflight: %s", got)
	}
	adminCall(t, admin, "POST", "/faults", `{"kind":"code1","match":{"op":"add"},"count":2,"delay":"3s"}`, 204)
	adminCall(t, admin, "POST", "/faults", `{"kind":"earthquake"}`, 400)
	adminCall(t, admin, "POST", "/faults", `{"kind":"code1","delay":"soon"}`, 400)
	adminCall(t, admin, "POST", "/faults", `{"sort":"code1"}`, 400)
	id := c.create()
	wantCode(t, c.rows("POST", id, "EMAIL", []string{h("a")}), 400, 1, 0)
	faults := adminRead[struct {
		Fired   map[Kind]int
		Pending int
	}](t, admin, "/faults")
	if faults.Fired[Code1] != 1 || faults.Pending != 1 {
		t.Errorf("faults %+v", faults)
	}
	adminCall(t, admin, "DELETE", "/faults", "", 204)
	wantOK(t, c.rows("POST", id, "EMAIL", []string{h("a")}, []string{"x"}))
	wantOK(t, c.rows("DELETE", id, "EMAIL", []string{h("b")}))
	adminCall(t, admin, "POST", "/settle", "", 204)

	if d := cmp.Diff([]Row{{"EMAIL": h("a")}}, adminRead[[]Row](t, admin, "/audiences/"+id+"/rows")); d != "" {
		t.Errorf("rows: %s", d)
	}
	if got := adminRead[Audience](t, admin, "/audiences/"+id); got.Lines != 1 || got.Name != "n" {
		t.Errorf("audience %+v", got)
	}
	if got := adminRead[[]Audience](t, admin, "/audiences"); len(got) != 1 {
		t.Errorf("audiences %+v", got)
	}
	adminCall(t, admin, "GET", "/audiences/7/rows", "", 404)

	journal := adminRead[[]Entry](t, admin, "/journal")
	if d := cmp.Diff(c.srv.Journal(), journal); d != "" {
		t.Errorf("journal over HTTP: %s", d)
	}
	if len(journal) != 4 || journal[2].Rows != 2 || journal[2].Invalid != 1 || journal[2].Client != "test" || journal[0].Audience != id {
		t.Errorf("journal %+v", journal)
	}
	part := adminRead[[]Entry](t, admin, "/journal?since=1&limit=2&audience="+id)
	if len(part) != 2 || part[0].Seq != 2 {
		t.Errorf("part of the journal %+v", part)
	}
	adminCall(t, admin, "GET", "/journal?since=yesterday", "", 400)
	if got := adminRead[[]Violation](t, admin, "/violations"); len(got) != 1 || got[0].Kind != NotHashed || got[0].Seq != 3 {
		t.Errorf("violations %+v", got)
	}
	want := Stats{
		Requests: 4, ByOp: map[Op]int{OpCreate: 1, OpAdd: 2, OpRemove: 1}, ByStatus: map[int]int{200: 3, 400: 1},
		RowsAdded: 1, RowsRemoved: 1, RowsInvalid: 1, Audiences: 1, Lines: 1, Faults: map[Kind]int{Code1: 1},
		Violations: map[ViolationKind]int{NotHashed: 1},
	}
	if d := cmp.Diff(want, adminRead[Stats](t, admin, "/stats")); d != "" {
		t.Errorf("stats: %s", d)
	}
	adminCall(t, admin, "POST", "/accounts/1/tos", `{"accepted":false}`, 204)
	adminCall(t, admin, "POST", "/accounts/1/tos", `x`, 400)
	adminCall(t, admin, "POST", "/accounts/9/tos", `{"accepted":false}`, 404)
	wantCode(t, c.do("DELETE", id, ""), 403, 200, 1870090)
}

func TestJournalSize(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{JournalSize: 3})
	for range 20 {
		wantOK(t, c.do("GET", "me", ""))
	}
	j := c.srv.Journal()
	if len(j) != 3 || j[2].Seq != 20 {
		t.Errorf("journal %+v", j)
	}
}

func TestAdminTokens(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	admin := c.srv.Admin()
	id := c.create()
	adminCall(t, admin, "POST", "/tokens", `{"value":"`+DefaultToken+`","dead":463}`, 204)
	wantCode(t, c.rows("POST", id, "EMAIL", []string{h("a")}), 400, 190, 463)
	adminCall(t, admin, "POST", "/tokens", `{"value":"`+DefaultToken+`"}`, 204)
	wantOK(t, c.rows("POST", id, "EMAIL", []string{h("a")}))
	adminCall(t, admin, "POST", "/tokens", `{"value":""}`, 400)
	adminCall(t, admin, "POST", "/tokens", `{"name":"x"}`, 400)
}

// TestHidden: what nobody may see keeps what it holds.
func TestHidden(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	admin := c.srv.Admin()
	id := c.create()
	wantOK(t, c.rows("POST", id, "EMAIL", []string{h("a")}))
	adminCall(t, admin, "POST", "/audiences/"+id+"/hidden", `{"hidden":true}`, 204)
	wantCode(t, c.rows("DELETE", id, "EMAIL", []string{h("a")}), 400, 100, 33)
	if a := c.do("GET", "act_1/customaudiences?fields=id", ""); strings.Contains(a.text, id) {
		t.Errorf("a hidden audience is listed: %s", a.text)
	}
	adminCall(t, admin, "POST", "/audiences/"+id+"/hidden", `{"hidden":false}`, 204)
	if got := c.srv.Audience(id).Lines; got != 1 {
		t.Errorf("%d lines after it was hidden, want 1", got)
	}
	wantOK(t, c.rows("DELETE", id, "EMAIL", []string{h("a")}))
	adminCall(t, admin, "POST", "/audiences/7/hidden", `{"hidden":true}`, 404)
	adminCall(t, admin, "POST", "/audiences/"+id+"/hidden", `x`, 400)
}
