package graphtest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPeople(t *testing.T) {
	t.Parallel()
	people := []Person{
		{ID: "ann", Keys: map[string][]string{"EMAIL": {h("ann@1"), h("ann@2")}, "PHONE": {h("1")}}},
		{ID: "bob", Keys: map[string][]string{"EMAIL": {h("bob@1")}, "MADID": {madid},
			"FN": {h("bob")}, "LN": {h("x")}, "ZIP": {h("9")}, "COUNTRY": {h("us")}}},
		{ID: "cid", Keys: map[string][]string{"PHONE": {h("1"), h("3")}}},
	}
	type step struct {
		method, schema string
		row            []string
		want           []string
	}
	for name, steps := range map[string][]step{
		"by any strong key": {
			{"POST", "EMAIL,PHONE", []string{h("ann@2"), h("3")}, []string{"ann", "cid"}},
			{"DELETE", "EMAIL", []string{h("ann@1")}, []string{"cid"}},
			{"DELETE", "PHONE", []string{h("1")}, nil},
		},
		"shared phone": {{"POST", "PHONE", []string{h("1")}, []string{"ann", "cid"}}},
		"idempotent": {
			{"POST", "MADID", []string{madid}, []string{"bob"}},
			{"POST", "EMAIL", []string{h("bob@1")}, []string{"bob"}},
			{"DELETE", "EMAIL", []string{h("nobody")}, []string{"bob"}},
			{"DELETE", "EMAIL", []string{h("bob@1")}, nil},
			{"DELETE", "EMAIL", []string{h("bob@1")}, nil},
		},
		"weak keys, complete":   {{"POST", "FN,LN,ZIP,COUNTRY", []string{h("bob"), h("x"), h("9"), h("us")}, []string{"bob"}}},
		"weak keys, incomplete": {{"POST", "FN,LN,COUNTRY", []string{h("bob"), h("x"), h("us")}, nil}},
		"extern id unknown":     {{"POST", "EXTERN_ID", []string{"u1"}, nil}},
		"extern id learned": {
			{"POST", "EXTERN_ID,EMAIL", []string{"u1", h("bob@1")}, []string{"bob"}},
			{"DELETE", "EXTERN_ID", []string{"u1"}, nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, Options{People: people})
			id := c.create()
			for i, s := range steps {
				wantOK(t, c.rows(s.method, id, s.schema, s.row))
				if d := cmp.Diff(s.want, c.srv.Audience(id).People()); d != "" {
					t.Errorf("step %d: %s", i, d)
				}
				if got := c.srv.Audience(id).Matched; got != len(s.want) {
					t.Errorf("step %d: matched %d", i, got)
				}
			}
		})
	}
}

func TestExternIDForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{People: []Person{{ID: "ann", Keys: map[string][]string{"EMAIL": {h("a")}}}}, LowSizeGuard: true})
		id := c.create()
		wantOK(t, c.rows("POST", id, "EXTERN_ID,EMAIL", []string{"u1", h("a")}))
		wantCode(t, c.rows("DELETE", id, "EXTERN_ID", []string{"u1"}), 400, 200, 1870047)
		time.Sleep(externMappingLife + time.Hour)
		wantOK(t, c.rows("DELETE", id, "EXTERN_ID", []string{"u1"}))
		if got := c.srv.Audience(id).People(); len(got) != 1 {
			t.Errorf("people %v, want ann: the mapping is forgotten", got)
		}
	})
}
