package graphtest

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var strongNames = []string{"EMAIL", "PHONE", "MADID", "EXTERN_ID"}

// strongOf is the identity of a row in the model: its strong keys, or all.
func strongOf(r Row) string {
	s := make(Row)
	for _, name := range strongNames {
		if v := r[name]; v != "" {
			s[name] = v
		}
	}
	if len(s) == 0 {
		return "weak " + r.String()
	}
	return s.String()
}

func shares(a, b Row) bool {
	return slices.ContainsFunc(strongNames, func(n string) bool { return a[n] != "" && a[n] == b[n] })
}

// TestLinesModel compares the set of lines with the sentence that defines it.
func TestLinesModel(t *testing.T) {
	t.Parallel()
	cell := rapid.SampledFrom([]string{"", "1", "2", "3"})
	row := rapid.Custom(func(t *rapid.T) Row {
		r := make(Row)
		for _, name := range []string{"EMAIL", "PHONE", "MADID", "EXTERN_ID", "FN"} {
			v := cell.Draw(t, name)
			if v == "" {
				continue
			}
			if name == "EMAIL" || name == "PHONE" || name == "FN" {
				v = h(v)
			}
			r[name] = v
		}
		return r
	}).Filter(func(r Row) bool { return len(r) > 0 })
	rapid.Check(t, func(t *rapid.T) {
		l, model := newLines(), make(map[string]Row)
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			r := row.Draw(t, "row")
			p, err := pack(r)
			if err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "add") {
				l.add(p)
				model[strongOf(r)] = r
				continue
			}
			before, touched := len(model), l.touched([]packed{p})
			maps.DeleteFunc(model, func(id string, present Row) bool {
				return shares(r, present) || id == strongOf(r) && len(r) == len(present)
			})
			gone := l.remove(p)
			if gone != before-len(model) || touched != gone {
				t.Fatalf("removed %d and foresaw %d, model %d", gone, touched, before-len(model))
			}
		}
		v := Audience{}
		for _, p := range l.rows {
			v.rows = append(v.rows, p)
		}
		if d := cmp.Diff(slices.Collect(maps.Values(model)), v.Rows(), sortRows); d != "" {
			t.Fatalf("rows: %s", d)
		}
		keys := 0
		for _, ids := range l.by {
			keys += len(ids)
		}
		want := 0
		for _, r := range model {
			for _, n := range strongNames {
				if r[n] != "" {
					want++
				}
			}
		}
		if keys != want {
			t.Fatalf("index holds %d entries, want %d", keys, want)
		}
	})
}

func TestDiff(t *testing.T) {
	t.Parallel()
	a, b, p := h("a"), h("b"), h("p")
	for name, tc := range map[string]struct {
		have, desired []Row
		want          Difference
	}{
		"equal":   {[]Row{{"EMAIL": a, "FN": b}}, []Row{{"EMAIL": a, "FN": b}}, Difference{}},
		"missing": {nil, []Row{{"EMAIL": a}}, Difference{Missing: []Row{{"EMAIL": a}}}},
		"surplus": {[]Row{{"EMAIL": a}, {"EMAIL": b}}, []Row{{"EMAIL": a}}, Difference{Surplus: []string{"EMAIL=" + b}}},
		"weak key differs": {[]Row{{"EMAIL": a, "FN": a}}, []Row{{"EMAIL": a, "FN": b}},
			Difference{Missing: []Row{{"EMAIL": a, "FN": b}}}},
		"extended row":         {[]Row{{"EMAIL": a}, {"EMAIL": a, "PHONE": p}}, []Row{{"EMAIL": a, "PHONE": p}}, Difference{}},
		"shrunk row, not told": {[]Row{{"EMAIL": a}, {"EMAIL": a, "PHONE": p}}, []Row{{"EMAIL": a}}, Difference{Surplus: []string{"PHONE=" + p}}},
		"two want one line":    {[]Row{{"EMAIL": a, "FN": a}}, []Row{{"EMAIL": a, "FN": a}, {"EMAIL": a, "FN": b}}, Difference{}},
		"weak row lingers":     {[]Row{{"FN": a}}, nil, Difference{Surplus: []string{"FN=" + a}}},
		"weak row wanted":      {[]Row{{"FN": a}}, []Row{{"FN": a}}, Difference{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := New(Options{})
			id := srv.AddAudience("1", nil)
			srv.AddRows(id, tc.have...)
			got, err := srv.Audience(id).Diff(tc.desired)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
			if got.Empty() != (tc.want.Missing == nil && tc.want.Surplus == nil) {
				t.Errorf("Empty() = %v", got.Empty())
			}
		})
	}
	if _, err := (Audience{}).Diff([]Row{{"EMAIL": "plain"}}); err == nil {
		t.Error("a desired value that is no hash must be an error")
	}
}

func TestPackRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := make(Row)
		for _, k := range keyTable {
			v := rapid.StringN(0, 200, 400).Draw(t, k.name)
			if v == "" {
				continue
			}
			if k.form == hashed {
				v = h(v)
			}
			r[k.name] = v
		}
		p, err := pack(r)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(r, p.row()); d != "" {
			t.Fatal(d)
		}
		for f := range p.strongFields {
			if f.key().info().weak {
				t.Fatalf("%s among the strong keys", f.key().info().name)
			}
		}
	})
}
