package uploader

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/schema"
	"muster/schema/musterpb"
)

// show writes a plan with the values' names, which tests keep in EXTERN_ID-free
// rows by hashing: known maps the hash back.
func showPlan(p plan, known map[string]string) string {
	name := func(r *musterpb.Row) string {
		if r == nil {
			return "nothing"
		}
		var cells []string
		for k := range schema.Key(schema.NumKeys) {
			if v := schema.Value(r, k); len(v) > 0 {
				n, ok := known[string(v)]
				if !ok {
					n = string(v)
				}
				cells = append(cells, strings.ToLower(k.String())+":"+n)
			}
		}
		return strings.Join(cells, " ")
	}
	var out []string
	for _, r := range p.drop {
		out = append(out, "drop "+name(r))
	}
	for _, r := range p.remove {
		out = append(out, fmt.Sprintf("remove %s, leaving %s", name(r.send), name(r.rest)))
	}
	for _, r := range p.add {
		out = append(out, "add "+name(r))
	}
	return strings.Join(out, "; ")
}

func knownValues(texts ...string) map[string]string {
	known := make(map[string]string)
	for _, text := range texts {
		row := parseRow(text)
		for f := range strings.FieldsSeq(text) {
			key, name, _ := strings.Cut(f, ":")
			k, _ := schema.ParseKey(strings.ToUpper(key))
			known[string(schema.Value(row, k))] = name
		}
	}
	return known
}

func TestPlan(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		desired, synced []string
		refused         []string
		unconfirmed     bool
		want            string
	}{
		{name: "nothing"},
		{name: "new", desired: []string{"email:1"}, want: "add email:1"},
		{name: "same", desired: []string{"email:1"}, synced: []string{"email:1"}},
		{name: "same in another order", desired: []string{"email:1", "email:2"}, synced: []string{"email:2", "email:1"}},
		{name: "unconfirmed", desired: []string{"email:1"}, synced: []string{"email:1"}, unconfirmed: true, want: "add email:1"},
		{name: "left", synced: []string{"email:1 fn:x"}, want: "remove email:1 fn:x, leaving nothing"},
		{name: "left, unconfirmed", synced: []string{"email:1"}, unconfirmed: true, want: "remove email:1, leaving nothing"},
		{
			name: "one strong value left", desired: []string{"email:2 phone:3 fn:x"}, synced: []string{"email:1 phone:3 fn:x"},
			want: "remove email:1, leaving phone:3 fn:x; add email:2 phone:3 fn:x",
		},
		{
			name: "all strong values left", desired: []string{"email:2"}, synced: []string{"email:1 phone:3 fn:x"},
			want: "remove email:1 phone:3, leaving nothing; add email:2",
		},
		{name: "weak change", desired: []string{"email:1 fn:y"}, synced: []string{"email:1 fn:x"}, want: "add email:1 fn:y"},
		{
			name: "weak change, confirmed", desired: []string{"email:1 fn:y"}, synced: []string{"email:1 fn:x", "email:1 fn:y"},
			want: "drop email:1 fn:x",
		},
		{
			name: "weak change, unconfirmed", desired: []string{"email:1 fn:y"}, synced: []string{"email:1 fn:x", "email:1 fn:y"},
			unconfirmed: true, want: "add email:1 fn:y",
		},
		{
			name: "weak change and back", desired: []string{"email:1 fn:x"}, synced: []string{"email:1 fn:x", "email:1 fn:y"},
			want: "add email:1 fn:x",
		},
		{
			name: "value change is an add alone", desired: []string{"email:1 lookalike_value:2"}, synced: []string{"email:1 lookalike_value:1"},
			want: "add email:1 lookalike_value:2",
		},
		{
			name: "superseded by two rows", desired: []string{"email:1", "phone:2"}, synced: []string{"email:1 phone:2", "email:1", "phone:2"},
			want: "drop email:1 phone:2",
		},
		{
			name: "superseded in part is not superseded", desired: []string{"email:1", "phone:2"}, synced: []string{"email:1 phone:2", "email:1"},
			want: "add phone:2",
		},
		{name: "refused is not sent", desired: []string{"email:1"}, refused: []string{"email:1"}},
		{name: "refused, unconfirmed", desired: []string{"email:1"}, refused: []string{"email:1"}, unconfirmed: true},
		{
			name: "refused supersedes nothing", desired: []string{"email:1 fn:y"}, refused: []string{"email:1 fn:y"},
			synced: []string{"email:1 fn:x", "email:1 fn:y"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := &musterpb.Member{Desired: parseRows(tt.desired...), Synced: parseRows(tt.synced...)}
			for _, r := range parseRows(tt.refused...) {
				m.Refused = append(m.Refused, rowHash(r))
			}
			got := showPlan(planOf(m, !tt.unconfirmed), knownValues(append(tt.desired, tt.synced...)...))
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestPlanEnds: carrying plans out, removals first, ends in clean, whatever
// desired and synced were, and then every strong value synced is desired.
func TestPlanEnds(t *testing.T) {
	t.Parallel()
	rows := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string {
		s := fmt.Sprintf("fn:f%d", rapid.IntRange(0, 1).Draw(t, "fn"))
		strong := rapid.IntRange(1, 3).Draw(t, "strong")
		if strong&1 != 0 {
			s += fmt.Sprintf(" email:e%d", rapid.IntRange(0, 2).Draw(t, "email"))
		}
		if strong&2 != 0 {
			s += fmt.Sprintf(" phone:p%d", rapid.IntRange(0, 2).Draw(t, "phone"))
		}
		return s
	}), 0, 3, rapid.ID[string])
	rapid.Check(t, func(t *rapid.T) {
		m := &musterpb.Member{Desired: parseRows(rows.Draw(t, "desired")...), Synced: parseRows(rows.Draw(t, "synced")...)}
		confirmed := rapid.Bool().Draw(t, "confirmed")
		for round := 0; ; round++ {
			p := planOf(m, confirmed)
			if p.need(false) == clean {
				break
			}
			if round > 5 {
				t.Fatalf("still to do: %+v", p)
			}
			m.Synced = without(m.Synced, p.drop)
			if len(p.remove) > 0 {
				for _, r := range p.remove {
					m.Synced = replaceRow(m.Synced, r.synced, r.rest)
				}
				confirmed = false // its own rows may have gone with them
				continue
			}
			if len(p.add) > 0 {
				m.Synced = append(without(m.Synced, p.add), p.add...)
				confirmed = true
			}
		}
		if !sameRows(m.Synced, m.Desired) {
			t.Fatalf("synced %v, desired %v", m.Synced, m.Desired)
		}
	})
}
