package schema

import (
	"testing"

	"muster/schema/musterpb"
)

// TestWhyUnmatchable: whoever has no rows has a reason.
func TestWhyUnmatchable(t *testing.T) {
	t.Parallel()
	value := [][]byte{make([]byte, 32)}
	weak := Identifiers{ExternID: "u1"}
	weak.Single[FN] = value[0]
	strong := weak
	strong.Phones = value
	for name, tt := range map[string]struct {
		ids    Identifiers
		chosen KeySet
		want   musterpb.Unmatchable
	}{
		"nothing":          {Identifiers{}, DefaultKeys, musterpb.Unmatchable_UNMATCHABLE_UNKNOWN},
		"weak":             {weak, DefaultKeys, musterpb.Unmatchable_UNMATCHABLE_WEAK},
		"weak, not chosen": {weak, KeysOf(Email), musterpb.Unmatchable_UNMATCHABLE_WEAK},
		"not chosen":       {strong, KeysOf(Email, FN), musterpb.Unmatchable_UNMATCHABLE_NOT_CHOSEN},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if rows := Rows(&tt.ids, tt.chosen); rows != nil {
				t.Fatalf("there are rows: %v", rows)
			}
			if got := WhyUnmatchable(&tt.ids, tt.chosen); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}
