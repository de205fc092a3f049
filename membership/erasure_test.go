package membership

import (
	"testing"

	"muster/schema/musterpb"
)

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
