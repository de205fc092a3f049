package membership

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"muster/schema"
	"muster/schema/musterpb"
)

// With Suppress nothing that is said of a user lives on after an erasure, in
// whatever order it comes and however often.
func TestSuppressedIsFreeOfOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := history(t, true)
		erased := slices.ContainsFunc(events, func(s said) bool { return s.event.Erase })
		m := merge{maxValues: schema.MaxValues, externID: true, suppress: true}
		p := &musterpb.Profile{}
		m.reset(p)
		for _, s := range replayed(t, events) {
			m.apply(&s.event, s.recordMs)
		}
		if erased {
			forget(p)
			if want := (&musterpb.Profile{ErasedAtMs: p.ErasedAtMs}); !p.EqualVT(want) {
				t.Fatalf("%v is left", p)
			}
		}
	})
}

func TestEverErased(t *testing.T) {
	t.Parallel()
	member := []*musterpb.Membership{{Audience: "A", TimeMs: 7, In: true}}
	for _, tt := range []struct {
		name string
		p    *musterpb.Profile
		want bool
	}{
		{"empty", &musterpb.Profile{}, false},
		{"never", &musterpb.Profile{ExternId: "9999999", Memberships: member}, false},
		{"erased", &musterpb.Profile{ErasedAtMs: 5}, true},
		{"built anew", &musterpb.Profile{Memberships: member, ErasedAtMs: 5}, true},
	} {
		b, err := tt.p.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		if got := everErased(b); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if !everErased([]byte{0xff}) {
		t.Error("what is broken is left unread")
	}
}
