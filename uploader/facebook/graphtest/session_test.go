package graphtest

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// batchOf is a request of a session.
func batchOf(t *testing.T, session any, seq int, last bool, emails ...string) string {
	t.Helper()
	var rows [][]string
	for _, e := range emails {
		rows = append(rows, []string{h(e)})
	}
	body := payloadOf(t, "EMAIL", rows...)
	return strings.TrimSuffix(body, "}") + fmt.Sprintf(`,"session":{"session_id":%v,"batch_seq":%d,"last_batch_flag":%v}}`, session, seq, last)
}

func TestSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{})
		id := c.create()
		users := id + "/users"
		a := c.do("POST", users, batchOf(t, 9778993, 1, false, "a", "b"))
		wantOK(t, a)
		if a.body["session_id"] != "9778993" || a.body["num_received"] != 2.0 {
			t.Errorf("first batch: %s", a.text)
		}
		if a = c.do("POST", users, batchOf(t, `"9778993"`, 2, false, "c")); a.body["num_received"] != 3.0 {
			t.Errorf("second batch does not count on: %s", a.text)
		}
		stage := func() any {
			a := c.do("GET", id+"/sessions?session_id=9778993", "")
			wantOK(t, a)
			return a.body["data"].([]any)[0].(map[string]any)["stage"]
		}
		if got := stage(); got != "uploading" {
			t.Errorf("stage %v", got)
		}
		wantCode(t, c.do("POST", users, strings.Replace(batchOf(t, 9778993, 3, false, "c"), "EMAIL", "PHONE", 1)), 400, 100, 0)
		wantCode(t, c.do("DELETE", users, batchOf(t, 9778993, 3, false, "c")), 400, 100, 0)
		wantOK(t, c.do("POST", users, batchOf(t, 9778993, 3, true, "d")))
		if got := stage(); got != "completed" {
			t.Errorf("stage %v", got)
		}
		wantCode(t, c.do("POST", users, batchOf(t, 9778993, 4, false, "e")), 400, 2650, 1870159)
		wantOK(t, c.do("POST", users, batchOf(t, 2, 1, false, "e")))
		time.Sleep(91 * time.Minute)
		wantCode(t, c.do("POST", users, batchOf(t, 2, 2, false, "f")), 400, 2650, 1870158)
		for _, bad := range []string{
			batchOf(t, 0, 1, false, "x"), batchOf(t, -4, 1, false, "x"), batchOf(t, `"x"`, 1, false, "x"), batchOf(t, 5, 0, false, "x"),
		} {
			wantCode(t, c.do("POST", users, bad), 400, 100, 0)
		}
		if got := c.srv.Audience(id).Lines; got != 5 {
			t.Errorf("%d lines, want 5", got)
		}
	})
}

func TestReplace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{ApplyDelay: time.Minute})
		id := c.create()
		c.srv.AddRows(id, Row{"EMAIL": h("old")}, Row{"EMAIL": h("a")})
		replace := id + "/usersreplace"
		wantCode(t, c.do("POST", replace, payloadOf(t, "EMAIL", []string{h("a")})), 400, 100, 0)
		wantCode(t, c.do("POST", replace, batchOf(t, 1, 2, false, "a")), 400, 2650, 1870147)
		wantOK(t, c.do("POST", replace, batchOf(t, 1, 1, false, "a")))
		if got := c.srv.Audience(id).OperationStatus; got != 414 {
			t.Errorf("operation status %d, want 414", got)
		}
		wantCode(t, c.do("POST", replace, batchOf(t, 1, 1, false, "a")), 400, 2650, 1870145)
		wantCode(t, c.do("POST", replace, batchOf(t, 2, 1, false, "a")), 400, 2650, 1870145)
		wantCode(t, c.rows("POST", id, "EMAIL", []string{h("x")}), 400, 2650, 1870145)
		wantCode(t, c.rows("DELETE", id, "EMAIL", []string{h("x")}), 400, 2650, 1870145)
		wantOK(t, c.do("POST", replace, batchOf(t, 1, 3, false, "c")))
		wantOK(t, c.do("POST", replace, batchOf(t, 1, 2, true, "b")))
		wantCode(t, c.do("POST", replace, batchOf(t, 1, 4, false, "d")), 400, 2650, 1870159)
		if d := cmp.Diff([]string{"EMAIL=" + h("a"), "EMAIL=" + h("old")}, c.srv.Audience(id).Keys(), sortText); d != "" {
			t.Errorf("before the swap: %s", d)
		}
		time.Sleep(time.Minute)
		got := c.srv.Audience(id)
		if d := cmp.Diff([]string{"EMAIL=" + h("a"), "EMAIL=" + h("b"), "EMAIL=" + h("c")}, got.Keys(), sortText); d != "" {
			t.Errorf("after the swap: %s", d)
		}
		if got.OperationStatus != 200 {
			t.Errorf("operation status %d, want 200", got.OperationStatus)
		}
		big := strings.Replace(batchOf(t, 3, 1, false, "a"), `"batch_seq"`, `"estimated_num_total":100000000,"batch_seq"`, 1)
		wantCode(t, c.do("POST", replace, big), 400, 2650, 1870144)
	})
}

func TestReplaceTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{})
		id := c.create()
		c.srv.AddRows(id, Row{"EMAIL": h("old")})
		wantOK(t, c.do("POST", id+"/usersreplace", batchOf(t, 1, 1, false, "a")))
		time.Sleep(91 * time.Minute)
		got := c.srv.Audience(id)
		if d := cmp.Diff([]string{"EMAIL=" + h("a"), "EMAIL=" + h("old")}, got.Keys(), sortText); d != "" || got.OperationStatus != 415 {
			t.Errorf("status %d, keys %s", got.OperationStatus, d)
		}
		wantCode(t, c.do("POST", id+"/usersreplace", batchOf(t, 1, 2, true, "b")), 400, 2650, 1870158)
		wantOK(t, c.do("POST", id+"/usersreplace", batchOf(t, 2, 1, true, "b")))
		if got = c.srv.Audience(id); got.OperationStatus != 200 || got.Lines != 1 {
			t.Errorf("after another replacement: %+v", got)
		}
	})
}

func TestReplaceFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{ReplaceDelay: time.Hour})
		id := c.create()
		c.srv.AddRows(id, Row{"EMAIL": h("old")})
		c.srv.Inject(Fault{Kind: ReplaceFails})
		wantOK(t, c.do("POST", id+"/usersreplace", batchOf(t, 1, 1, false, "a")))
		wantOK(t, c.do("POST", id+"/usersreplace", batchOf(t, 1, 2, true, "b")))
		if got := c.srv.Audience(id); got.OperationStatus != 414 || got.Keys()[0] != "EMAIL="+h("old") {
			t.Errorf("before its end: %+v", got)
		}
		time.Sleep(time.Hour)
		got := c.srv.Audience(id)
		if d := cmp.Diff([]string{"EMAIL=" + h("a")}, got.Keys()); d != "" || got.OperationStatus != 415 {
			t.Errorf("status %d, keys %s", got.OperationStatus, d)
		}
	})
}
