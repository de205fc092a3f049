package graphtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const madid = "6d92078a-8246-4ba4-ae5b-76104861e7dc"

func TestUsers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		payload           string
		status, code      int
		received, invalid int
		samples           map[string]any
		rows              []Row
		violations        []ViolationKind
	}{
		"array": {
			payload:  `{"schema":["EMAIL","PHONE","FN"],"data":[["` + h("a") + `","","` + h("fn") + `"],["","` + h("p") + `",""]]}`,
			received: 2, samples: map[string]any{},
			rows: []Row{{"EMAIL": h("a"), "FN": h("fn")}, {"PHONE": h("p")}},
		},
		"string schema": {
			payload: `{"schema":"EMAIL_SHA256","data":["` + h("a") + `"]}`, received: 1, samples: map[string]any{},
			rows: []Row{{"EMAIL": h("a")}}, violations: []ViolationKind{StringSchema},
		},
		"string schema, two dimensions": {
			payload: `{"schema":"MOBILE_ADVERTISER_ID","data":[["` + madid + `"]]}`, received: 1, samples: map[string]any{},
			rows: []Row{{"MADID": madid}}, violations: []ViolationKind{StringSchema},
		},
		"not hashed": {
			payload: `{"schema":["EMAIL"],"data":[["a@b.c"],["` + h("a") + `"]]}`, received: 2, invalid: 1,
			samples: map[string]any{`["a@b.c"]`: "invalid hash"}, rows: []Row{{"EMAIL": h("a")}}, violations: []ViolationKind{NotHashed},
		},
		"not hashed, string schema": {
			payload: `{"schema":"EMAIL_SHA256","data":["a@b.c"]}`, received: 1, invalid: 1,
			samples: map[string]any{`a@b.c`: "invalid hash"}, rows: []Row{}, violations: []ViolationKind{NotHashed, StringSchema},
		},
		"upper-case hash": {
			payload: `{"schema":["EMAIL"],"data":[["` + strings.ToUpper(h("a")) + `"]]}`, received: 1, invalid: 1,
			samples: map[string]any{`["` + strings.ToUpper(h("a")) + `"]`: "invalid hash"}, rows: []Row{}, violations: []ViolationKind{NotHashed},
		},
		"blank extern id": {
			payload:  `{"schema":["EXTERN_ID","EMAIL"],"data":[["","` + h("a") + `"],["u1","` + h("b") + `"]]}`,
			received: 2, invalid: 1, samples: map[string]any{`["","` + h("a") + `"]`: "empty external ID"},
			rows: []Row{{"EXTERN_ID": "u1", "EMAIL": h("b")}}, violations: []ViolationKind{BlankExternID},
		},
		"blank row": {
			payload: `{"schema":["EMAIL","FN"],"data":[["",""],["` + h("a") + `","` + h("f") + `"]]}`, received: 2, invalid: 1,
			samples: map[string]any{`["",""]`: "no identifier"}, rows: []Row{{"EMAIL": h("a"), "FN": h("f")}}, violations: []ViolationKind{EmptyRow},
		},
		"hash of nothing": {
			payload: `{"schema":["EMAIL","FN"],"data":[["` + h("") + `",""],["` + h("a") + `","` + h("") + `"]]}`, received: 2,
			samples: map[string]any{}, rows: []Row{{"EMAIL": h("a")}}, violations: []ViolationKind{HashOfEmpty},
		},
		"blank column": {
			payload: `{"schema":["EMAIL","FN"],"data":[["` + h("a") + `",""]]}`, received: 1, samples: map[string]any{},
			rows: []Row{{"EMAIL": h("a")}}, violations: []ViolationKind{BlankColumn},
		},
		"null and native values": {
			payload: `{"schema":["EMAIL","PHONE","LOOKALIKE_VALUE","DATA_PROCESSING_OPTIONS"],
				"data":[["` + h("a") + `",null,44.5,["LDU"]],["` + h("b") + `","` + h("p") + `","0.9",[]]]}`, received: 2, samples: map[string]any{},
			rows: []Row{
				{"DATA_PROCESSING_OPTIONS": `["LDU"]`, "EMAIL": h("a"), "LOOKALIKE_VALUE": "44.5"},
				{"EMAIL": h("b"), "PHONE": h("p"), "LOOKALIKE_VALUE": "0.9"},
			},
		},
		"bad value": {
			payload: `{"schema":["EMAIL","LOOKALIKE_VALUE"],"data":[["` + h("a") + `",-1]]}`, received: 1, invalid: 1,
			samples: map[string]any{`["` + h("a") + `",-1]`: "invalid value"}, rows: []Row{}, violations: []ViolationKind{BadValue},
		},
		"madid": {
			payload:  `{"schema":["MADID"],"data":[["` + madid + `"],["` + strings.ToUpper(madid) + `"]]}`,
			received: 2, samples: map[string]any{}, rows: []Row{{"MADID": strings.ToUpper(madid)}, {"MADID": madid}}, violations: []ViolationKind{BadMADID},
		},
		"hashed madid": {
			payload: `{"schema":["MADID"],"data":[["` + h("x") + `"]]}`, received: 1, samples: map[string]any{},
			rows: []Row{{"MADID": h("x")}}, violations: []ViolationKind{BadMADID},
		},
		"repeated key": {
			payload: `{"schema":["EMAIL","EMAIL"],"data":[["` + h("a") + `","` + h("b") + `"]]}`, received: 1, samples: map[string]any{},
			rows: []Row{{"EMAIL": h("a") + "," + h("b")}}, violations: []ViolationKind{RepeatedKey},
		},
		"app ids":         {payload: `{"schema":["UID"],"data":[["1"]],"app_ids":["9"]}`, received: 1, samples: map[string]any{}, rows: []Row{{"UID": "1"}}},
		"no app ids":      {payload: `{"schema":["APPUID"],"data":[["1"]]}`, status: 400, code: 100},
		"no page ids":     {payload: `{"schema":["PAGEUID"],"data":[["1"]]}`, status: 400, code: 100},
		"page and more":   {payload: `{"schema":["PAGEUID","EMAIL"],"data":[["1",""]],"page_ids":["9"]}`, status: 400, code: 100},
		"missing":         {payload: ``, status: 400, code: 100},
		"no object":       {payload: `"x"`, status: 400, code: 100},
		"no schema":       {payload: `{"data":[["x"]]}`, status: 400, code: 100, violations: []ViolationKind{RowShape}},
		"unknown key":     {payload: `{"schema":["EMAIL","IG"],"data":[["x","y"]]}`, status: 400, code: 100, violations: []ViolationKind{RowShape}},
		"value only":      {payload: `{"schema":["LOOKALIKE_VALUE"],"data":[[1]]}`, status: 400, code: 100, violations: []ViolationKind{RowShape}},
		"no data":         {payload: `{"schema":["EMAIL"]}`, status: 400, code: 100, violations: []ViolationKind{RowShape}},
		"empty data":      {payload: `{"schema":["EMAIL"],"data":[]}`, status: 400, code: 100, violations: []ViolationKind{RowShape}},
		"short row":       {payload: `{"schema":["EMAIL","FN"],"data":[["x"]]}`, status: 400, code: 100, violations: []ViolationKind{RowShape}},
		"flat data":       {payload: `{"schema":["EMAIL"],"data":["x"]}`, status: 400, code: 100, violations: []ViolationKind{RowShape}},
		"value no text":   {payload: `{"schema":["EMAIL"],"data":[[7]]}`, received: 1, invalid: 1, samples: map[string]any{`[7]`: "invalid hash"}, rows: []Row{}, violations: []ViolationKind{NotHashed}},
		"extern no text":  {payload: `{"schema":["EXTERN_ID"],"data":[[true]]}`, received: 1, invalid: 1, samples: map[string]any{`[true]`: "invalid value"}, rows: []Row{}, violations: []ViolationKind{RowShape}},
		"extern a number": {payload: `{"schema":["EXTERN_ID"],"data":[[123]]}`, received: 1, samples: map[string]any{}, rows: []Row{{"EXTERN_ID": "123"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, Options{})
			id := c.create()
			if strings.Contains(tc.payload, "LOOKALIKE_VALUE") {
				id = c.create(`,"is_value_based":true`)
			}
			body := `{"payload":` + tc.payload + `}`
			if tc.payload == "" {
				body = `{}`
			}
			a := c.do("POST", id+"/users", body)
			got := c.violations()
			for _, k := range tc.violations {
				if got[k] == 0 {
					t.Errorf("violation %s not noted", k)
				}
				delete(got, k)
			}
			if len(got) > 0 {
				t.Errorf("violations noted beyond %v: %v", tc.violations, got)
			}
			if tc.status != 0 {
				wantCode(t, a, tc.status, tc.code, 0)
				return
			}
			wantOK(t, a)
			want := map[string]any{
				"audience_id": id, "session_id": a.body["session_id"], "num_received": float64(tc.received),
				"num_invalid_entries": float64(tc.invalid), "invalid_entry_samples": tc.samples,
			}
			if d := cmp.Diff(want, a.body); d != "" {
				t.Errorf("answer: %s", d)
			}
			if _, ok := a.body["session_id"].(string); !ok {
				t.Error("session_id is no string")
			}
			if d := cmp.Diff(tc.rows, c.srv.Audience(id).Rows(), sortRows); d != "" {
				t.Errorf("rows: %s", d)
			}
		})
	}
}

var sortText = cmp.Transformer("sorted", func(v []string) []string { return slices.Sorted(slices.Values(v)) })

var sortRows = cmp.Transformer("sorted", func(rows []Row) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.String()
	}
	return slices.Sorted(slices.Values(out))
})

func manyRows(n int) [][]string {
	rows := make([][]string, n)
	for i := range rows {
		rows[i] = []string{h(fmt.Sprint(i))}
	}
	return rows
}

func TestTooManyRows(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	id := c.create()
	rows := manyRows(MaxRows + 1)
	wantOK(t, c.rows("POST", id, "EMAIL", rows[:MaxRows]...))
	wantCode(t, c.rows("POST", id, "EMAIL", rows...), 400, 105, 0)
	if got := c.srv.Audience(id).Lines; got != MaxRows {
		t.Errorf("%d lines, want %d", got, MaxRows)
	}
	other := newClient(t, Options{TooManyRows1_99: true})
	wantCode(t, other.rows("POST", other.create(), "EMAIL", rows...), 500, 1, 99)
}

func TestDataSource(t *testing.T) {
	t.Parallel()
	single := `{"payload":{"schema":"EMAIL_SHA256","data":["` + h("a") + `"]}}`
	c := newClient(t, Options{})
	id := c.create()
	wantOK(t, c.rows("POST", id, "EMAIL", []string{h("a")}))
	a := c.do("POST", id+"/users", single)
	wantCode(t, a, 400, 2650, 0)
	if !strings.Contains(a.text, "created from data source FILE_IMPORTED.MULTI_HASHES, which does not support data source FILE_IMPORTED.HASHES_OR_USER_IDS.") {
		t.Errorf("message: %s", a.text)
	}
	id = c.create()
	wantOK(t, c.do("POST", id+"/users", single))
	wantCode(t, c.rows("POST", id, "EMAIL", []string{h("a")}), 400, 2650, 0)
}

func TestAudienceRules(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	valued := c.create(`,"is_value_based":"1"`)
	a := c.rows("DELETE", valued, "EMAIL", []string{h("a")})
	wantCode(t, a, 400, 100, 0)
	if !strings.Contains(a.text, "(#100) Value-Based Custom Audience requires LOOKALIKE_VALUE attribute.") {
		t.Errorf("message: %s", a.text)
	}
	wantOK(t, c.rows("POST", valued, "EMAIL,LOOKALIKE_VALUE", []string{h("a"), "3"}))
	wantOK(t, c.rows("POST", c.create(), "EMAIL,LOOKALIKE_VALUE", []string{h("a"), "3"})) // what Facebook makes of it is not known
	if got := c.violations(); got[ValueUnasked] != 1 {
		t.Errorf("violations %v, want one of a value that nobody asked for", got)
	}
	flagged := c.create()
	c.srv.SetFlagged(flagged, true)
	wantCode(t, c.rows("POST", flagged, "EMAIL", []string{h("a")}), 400, 100, 1713230)
}

func TestLowSize(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{LowSizeGuard: true})
	id := c.create()
	rows := manyRows(101)
	wantOK(t, c.rows("POST", id, "EMAIL", rows...))
	wantOK(t, c.rows("DELETE", id, "EMAIL", rows[0]))
	wantCode(t, c.rows("DELETE", id, "EMAIL", rows[1]), 400, 200, 1870047)
	wantOK(t, c.rows("DELETE", id, "EMAIL", []string{h("nobody")}))
	if got := c.srv.Audience(id).Lines; got != 100 {
		t.Errorf("%d lines, want 100: a refused removal changes nothing", got)
	}
}

func TestApplyDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{ApplyDelay: time.Minute})
		id := c.create()
		wantOK(t, c.rows("POST", id, "EMAIL", []string{h("a")}, []string{h("b")}))
		time.Sleep(30 * time.Second)
		wantOK(t, c.rows("DELETE", id, "EMAIL", []string{h("a")}))
		for _, tc := range []struct {
			wait    time.Duration
			lines   int
			pending int
		}{{29 * time.Second, 0, 2}, {time.Second, 2, 1}, {30 * time.Second, 1, 0}} {
			time.Sleep(tc.wait)
			if a := c.srv.Audience(id); a.Lines != tc.lines || a.Pending != tc.pending {
				t.Errorf("after %s more: %d lines and %d pending, want %d and %d", tc.wait, a.Lines, a.Pending, tc.lines, tc.pending)
			}
		}
		j := c.srv.Journal()
		if got := j[1].Applied.Sub(j[1].Start); got != time.Minute {
			t.Errorf("journal: applied after %s", got)
		}
		wantOK(t, c.rows("POST", id, "EMAIL", []string{h("c")}))
		c.srv.Settle()
		if a := c.srv.Audience(id); a.Lines != 2 || a.Pending != 0 {
			t.Errorf("settled: %d lines, %d pending", a.Lines, a.Pending)
		}
	})
}

func TestForget(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{Accounts: []Account{{ID: "1"}, {ID: "2"}}})
	one, two := c.create(), c.create()
	other := c.srv.AddAudience("act_2", nil)
	for _, id := range []string{one, two, other} {
		c.srv.AddRows(id, Row{"EMAIL": h("a")}, Row{"EMAIL": h("b")})
	}
	wantOK(t, c.do("DELETE", "act_1/usersofanyaudience", payloadOf(t, "EMAIL", []string{h("a")})))
	for id, want := range map[string]int{one: 1, two: 1, other: 2} {
		if got := c.srv.Audience(id).Lines; got != want {
			t.Errorf("audience %s has %d lines, want %d", id, got, want)
		}
	}
}
