package graphtest

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		code int
	}{
		"full": {`{"name":"n","subtype":"CUSTOM","customer_file_source":"BOTH_USER_AND_PARTNER_PROVIDED",
			"description":"d","is_value_based":1,"audience_labels":["x"],"retention_days":30}`, 0},
		"form":            {encode("name", "n", "subtype", "CUSTOM", "is_value_based", "1"), 0},
		"no name":         {`{"subtype":"CUSTOM"}`, 100},
		"no subtype":      {`{"name":"n"}`, 100},
		"unknown subtype": {`{"name":"n","subtype":"ODD"}`, 100},
		"unknown source":  {`{"name":"n","subtype":"CUSTOM","customer_file_source":"ODD"}`, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, Options{})
			a := c.do("POST", "act_1/customaudiences", tc.body)
			if tc.code != 0 {
				wantCode(t, a, 400, tc.code, 0)
				return
			}
			wantOK(t, a)
			id, _ := a.body["id"].(string)
			if !regexp.MustCompile(`^\d{17}$`).MatchString(id) || len(a.body) != 1 {
				t.Errorf("answer %s, want an id of 17 digits only", a.text)
			}
			if got := c.srv.Audience(id); !got.ValueBased || got.Name != "n" || got.Account != "act_1" {
				t.Errorf("audience %+v", got)
			}
		})
	}
}

func TestCreateLimit(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{Accounts: []Account{{ID: "1", MaxAudiences: 2}}})
	first := c.create()
	c.create()
	wantCode(t, c.do("POST", "act_1/customaudiences", `{"name":"n","subtype":"CUSTOM"}`), 400, 2654, 0)
	wantOK(t, c.do("DELETE", first, ""))
	c.create()
}

func TestCreateLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{CreateLag: time.Second, ListLag: 2 * time.Second})
		id := c.create()
		wantCode(t, c.rows("POST", id, "EMAIL", []string{h("a")}), 400, 803, 0)
		time.Sleep(time.Second)
		wantOK(t, c.rows("POST", id, "EMAIL", []string{h("a")}))
		if got := c.do("GET", "act_1/customaudiences", "").text; got != `{"data":[]}` {
			t.Errorf("list before the lag is over: %s", got)
		}
		time.Sleep(time.Second)
		if got := c.do("GET", "act_1/customaudiences", "").text; !strings.Contains(got, id) {
			t.Errorf("list after the lag: %s", got)
		}
	})
}

// TestListPages walks through all pages and must stop for want of "next", as cursors are
// always there.
func TestListPages(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	if got := c.do("GET", "act_1/customaudiences", "").text; got != `{"data":[]}` {
		t.Fatalf("empty list: %s", got)
	}
	var want []string
	for i := range 7 {
		want = append(want, c.srv.AddAudience("1", map[string]string{"name": fmt.Sprint("n", i)}))
	}
	slices.Reverse(want)
	var got []string
	path := "act_1/customaudiences?fields=id,name&limit=3"
	pages := 0
	for after := ""; ; pages++ {
		a := c.do("GET", path+after, "")
		wantOK(t, a)
		for _, d := range a.body["data"].([]any) {
			node := d.(map[string]any)
			if node["name"] == "" {
				t.Error("no name")
			}
			got = append(got, node["id"].(string))
		}
		paging := a.body["paging"].(map[string]any)
		cursors := paging["cursors"].(map[string]any)
		if cursors["after"] == "" || cursors["before"] == "" {
			t.Errorf("cursors %v", cursors)
		}
		next, more := paging["next"].(string)
		if !more {
			break
		}
		u, err := url.Parse(next)
		if err != nil || u.Query().Get("after") != cursors["after"] || u.Query().Get("limit") != "3" || u.Query().Has("access_token") {
			t.Errorf("next = %s", next)
		}
		after = "&after=" + cursors["after"].(string)
	}
	if d := cmp.Diff(want, got); d != "" || pages != 2 {
		t.Errorf("after %d pages: %s", pages+1, d)
	}
	first := c.do("GET", "act_1/customaudiences?limit=3", "")
	node := first.body["data"].([]any)[0].(map[string]any)
	if len(node) != 1 {
		t.Errorf("default fields %v, want the id only", node)
	}
	after := first.body["paging"].(map[string]any)["cursors"].(map[string]any)["after"].(string)
	back := c.do("GET", "act_1/customaudiences?limit=2&before="+after, "")
	if got := back.body["data"].([]any)[1].(map[string]any)["id"]; got != want[1] {
		t.Errorf("before the cursor: %v, want %s", got, want[1])
	}
	wantOK(t, c.do("DELETE", want[2], "")) // the audience of the cursor
	rest := c.do("GET", "act_1/customaudiences?limit=100&after="+after, "")
	if got := len(rest.body["data"].([]any)); got != 4 {
		t.Errorf("after a deleted cursor: %d, want 4", got)
	}
}

func TestListErrors(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{MaxPageSize: 50})
	for _, tc := range []struct {
		query  string
		status int
		code   int
	}{
		{"limit=50", 200, 0},
		{"limit=51", 500, 1},
		{"limit=0", 400, 100},
		{"limit=x", 400, 100},
		{"after=!!", 400, 100},
		{"fields=nonsense", 200, 0}, // nothing to project in an empty list
		{"filtering=x", 400, 100},
		{encode("filtering", `[{"field":"rule","operator":"EQUAL","value":"x"}]`), 400, 100},
		{encode("filtering", `[{"field":"name","operator":"LIKE","value":"x"}]`), 400, 100},
	} {
		wantCode(t, c.do("GET", "act_1/customaudiences?"+tc.query, ""), tc.status, tc.code, 0)
	}
	id := c.create()
	wantCode(t, c.do("GET", id+"?fields=id,rainfall", ""), 400, 100, 0)
}

func TestFilter(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	red := c.srv.AddAudience("1", map[string]string{"name": "red"})
	blue := c.srv.AddAudience("1", map[string]string{"name": "blue", "subtype": "LOOKALIKE"})
	c.srv.AddRows(red, Row{"EMAIL": h("a")})
	for _, tc := range []struct {
		filter string
		want   []string
	}{
		{`{"field":"name","operator":"EQUAL","value":"red"}`, []string{red}},
		{`{"field":"name","operator":"NOT_EQUAL","value":"red"}`, []string{blue}},
		{`{"field":"name","operator":"CONTAIN","value":"e"}`, []string{blue, red}},
		{`{"field":"name","operator":"STARTS_WITH","value":"b"}`, []string{blue}},
		{`{"field":"subtype","operator":"IN","value":["LOOKALIKE"]}`, []string{blue}},
		{`{"field":"operation_status.code","operator":"IN","value":[200,441]}`, []string{red}},
		{`{"field":"operation_status.code","operator":"GREATER_THAN","value":400}`, []string{blue}},
		{`{"field":"operation_status.code","operator":"LESS_THAN","value":400}`, []string{red}},
		{`{"field":"delete_time","operator":"GREATER_THAN","value":0}`, nil},
	} {
		a := c.do("GET", "act_1/customaudiences?"+encode("filtering", "["+tc.filter+"]"), "")
		wantOK(t, a)
		var got []string
		for _, d := range a.body["data"].([]any) {
			got = append(got, d.(map[string]any)["id"].(string))
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: %s", tc.filter, d)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{ApplyDelay: time.Minute})
		id := c.create(`,"description":"d"`)
		fields := func() map[string]any {
			a := c.do("GET", id+"?fields=name,description,subtype,approximate_count_lower_bound,approximate_count_upper_bound,"+
				"operation_status,delivery_status,time_created,time_updated,time_content_updated,data_source,account_id", "")
			wantOK(t, a)
			return a.body
		}
		status := func(f map[string]any, name string) float64 { return f[name].(map[string]any)["code"].(float64) }
		f := fields()
		if f["id"] != id || f["name"] != "n" || f["description"] != "d" || f["account_id"] != "1" ||
			status(f, "operation_status") != 410 || f["approximate_count_lower_bound"] != -1.0 {
			t.Errorf("new: %v", f)
		}
		var rows [][]string
		for i := range 200 {
			rows = append(rows, []string{h(fmt.Sprint(i))})
		}
		wantOK(t, c.rows("POST", id, "EMAIL", rows...))
		if f = fields(); status(f, "operation_status") != 441 || f["approximate_count_upper_bound"] != -1.0 {
			t.Errorf("populating: %v", f)
		}
		time.Sleep(time.Minute)
		f = fields()
		lower, upper := f["approximate_count_lower_bound"].(float64), f["approximate_count_upper_bound"].(float64)
		if status(f, "operation_status") != 200 || status(f, "delivery_status") != 200 || lower > 200 || upper < 200 || lower < 100 {
			t.Errorf("filled: %v", f)
		}
		if f["time_content_updated"].(float64) != f["time_created"].(float64)+60 {
			t.Errorf("times: %v", f)
		}
		wantOK(t, c.rows("DELETE", id, "EMAIL", rows[:150]...))
		wantOK(t, c.do("POST", id, `{"name":"new","description":"d2"}`))
		time.Sleep(time.Minute)
		if f = fields(); status(f, "delivery_status") != 300 || f["name"] != "new" || f["time_updated"].(float64) != f["time_created"].(float64)+60 {
			t.Errorf("small: %v", f)
		}
		c.srv.SetFlagged(id, true)
		if f = fields(); status(f, "operation_status") != 471 {
			t.Errorf("flagged: %v", f)
		}
	})
}

func TestUpdateDelete(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	id := c.create()
	if got := c.do("POST", id, `{"name":"x"}`).text; got != `{"success":true}` {
		t.Errorf("update: %s", got)
	}
	wantCode(t, c.do("POST", id, `{"name":""}`), 400, 100, 0)
	wantCode(t, c.do("POST", id, `{"customer_file_source":"ODD"}`), 400, 100, 0)
	c.srv.SetLookalikes(id, "1")
	wantCode(t, c.do("DELETE", id, ""), 400, 2656, 0)
	c.srv.SetLookalikes(id)
	if got := c.do("DELETE", id, "").text; got != `{"success":true}` {
		t.Errorf("delete: %s", got)
	}
	wantCode(t, c.do("GET", id, ""), 400, 100, 33)
	wantCode(t, c.rows("POST", id, "EMAIL", []string{h("a")}), 400, 100, 33)
	if got := c.srv.Audience(id); !got.Deleted {
		t.Error("snapshot does not say that the audience is deleted")
	}
	other := newClient(t, Options{GoneSubcode: 1487366})
	id = other.create()
	wantOK(t, other.do("DELETE", id, ""))
	wantCode(t, other.do("DELETE", id, ""), 400, 100, 1487366)
	wantCode(t, other.do("GET", "777", ""), 400, 100, 33)
}
