package membership

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/schema"
	"muster/schema/musterpb"
)

// The cap on the union takes the latest words of all sources together, and rows
// go by the bytes of the values.
func TestUnionIsCappedByLatestWord(t *testing.T) {
	t.Parallel()
	m := merge{maxValues: 3, p: &musterpb.Profile{}}
	say := func(at int64, source schema.Source, values ...string) {
		e := schema.Event{Stamp: schema.Stamp{TimeMs: at}, Sets: []schema.SetUpdate{{Key: schema.Email, Source: source}}}
		for _, v := range values {
			e.Sets[0].Values = append(e.Sets[0].Values, []byte(v))
		}
		m.apply(&e, at)
	}
	say(1, schema.SourceTrait, "d", "e")
	say(2, schema.SourceExternalID, "c", "b")
	say(3, schema.SourceTrait, "z", "c")
	v := view{rules: &rules{maxValues: 3}}
	v.reset(m.p)
	v.identifiers()
	var got []string
	for _, email := range v.ids.Emails {
		got = append(got, string(email))
	}
	if d := cmp.Diff([]string{"b", "c", "z"}, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if m.overCap[schema.Email] != 1 { // d, e, z, c in the set of traits
		t.Errorf("over cap: %d, want 1", m.overCap[schema.Email])
	}
}

func TestAudienceHasItsOwnKeys(t *testing.T) {
	t.Parallel()
	p := &musterpb.Profile{
		Registers:   []*musterpb.Register{{Key: uint32(schema.FN), TimeMs: 1, Value: []byte("fn")}},
		Sets:        []*musterpb.ValueSet{{Key: uint32(schema.Email), Values: []*musterpb.StampedValue{{TimeMs: 1, Value: []byte("e")}}}},
		Memberships: []*musterpb.Membership{{Audience: "A", TimeMs: 1, In: true}, {Audience: "B", TimeMs: 1, In: true}},
	}
	v := view{rules: &rules{maxValues: 3, keys: schema.DefaultKeys, audienceKeys: map[string]schema.KeySet{"B": schema.KeysOf(schema.Email)}}}
	v.reset(p)
	for i, want := range []string{"fn", ""} {
		if got := string(v.member(p.Memberships[i]).Rows[0].Fn); got != want {
			t.Errorf("%s: FN %q, want %q", p.Memberships[i].Audience, got, want)
		}
	}
}

// TestWhyWithoutRows: a member without rows has the reason, and a change of it is
// told.
func TestWhyWithoutRows(t *testing.T) {
	t.Parallel()
	p := &musterpb.Profile{Memberships: []*musterpb.Membership{{Audience: "A", TimeMs: 1, In: true}, {Audience: "B", TimeMs: 1}}}
	v := view{rules: &rules{maxValues: 3, keys: schema.DefaultKeys}}
	v.reset(p)
	nothing := v.member(p.Memberships[0])
	if nothing.Unmatchable != musterpb.Unmatchable_UNMATCHABLE_UNKNOWN {
		t.Errorf("nothing known: %v", nothing.Unmatchable)
	}
	if out := v.member(p.Memberships[1]); out.Unmatchable != musterpb.Unmatchable_UNMATCHABLE_NONE {
		t.Errorf("not in: %v", out.Unmatchable)
	}
	p.Registers = []*musterpb.Register{{Key: uint32(schema.FN), TimeMs: 1, Value: []byte("fn")}}
	v.reset(p)
	weak := v.member(p.Memberships[0])
	if weak.Unmatchable != musterpb.Unmatchable_UNMATCHABLE_WEAK || sameMember(nothing, weak) {
		t.Errorf("weak: %v, the same as before %t", weak.Unmatchable, sameMember(nothing, weak))
	}
	p.Sets = []*musterpb.ValueSet{{Key: uint32(schema.Email), Values: []*musterpb.StampedValue{{TimeMs: 1, Value: []byte("e")}}}}
	v.reset(p)
	if m := v.member(p.Memberships[0]); m.Unmatchable != musterpb.Unmatchable_UNMATCHABLE_NONE || len(m.Rows) != 1 {
		t.Errorf("matchable: %v", m)
	}
}

// Who is out of an audience that existed before is told with rows, consent or not; who
// was erased, and who is out of another one, without.
func TestExitsOfExistingAudiences(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		membership *musterpb.Membership
		erasedMs   int64
		want       int
	}{
		{"configured", &musterpb.Membership{Audience: "A"}, 0, 1},
		{"named by an event", &musterpb.Membership{Audience: "B", FacebookId: "1"}, 0, 1},
		{"own", &musterpb.Membership{Audience: "B"}, 0, 0},
		{"without consent", &musterpb.Membership{Audience: "A", In: true}, 0, 1},
		{"own, without consent", &musterpb.Membership{Audience: "B", In: true}, 0, 0},
		{"erased", &musterpb.Membership{Audience: "A"}, 5, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &musterpb.Profile{
				ErasedAtMs:  tt.erasedMs,
				Sets:        []*musterpb.ValueSet{{Key: uint32(schema.Email), Values: []*musterpb.StampedValue{{TimeMs: 1, Value: []byte("e")}}}},
				Memberships: []*musterpb.Membership{tt.membership},
			}
			tt.membership.TimeMs = 1
			v := view{rules: &rules{maxValues: 3, keys: schema.DefaultKeys, existing: []string{"A"}, categories: []string{"ads"}}}
			v.reset(p)
			if m := v.member(p.Memberships[0]); m.In || len(m.Rows) != tt.want {
				t.Errorf("emitted %v, want %d rows and not in", m, tt.want)
			}
		})
	}
}
