package uploader

import (
	"testing"

	"muster/schema/musterpb"
)

// TestPresent: of what a member was sent, what the present content of the Facebook
// audience has; and how much of it a replacement sent counts as long as the member
// carries its number, and no longer.
func TestPresent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		row      *musterpb.Audience
		member   *musterpb.Member
		synced   int
		replaced uint32
	}{
		{"sent before", &musterpb.Audience{Since: 10}, &musterpb.Member{Batch: 9}, 0, 0},
		{"sent since", &musterpb.Audience{Since: 10}, &musterpb.Member{Batch: 11}, 3, 0},
		{"left an unknown content", &musterpb.Audience{Since: 10, ContentUnknown: true}, &musterpb.Member{Batch: 9, LeftRows: []byte("h")}, 3, 0},
		{"left before it was replaced", &musterpb.Audience{Since: 10}, &musterpb.Member{Batch: 9, LeftRows: []byte("h")}, 0, 0},
		{"being replaced", &musterpb.Audience{Since: 10, Replace: &musterpb.Replace{Batch: 20}}, &musterpb.Member{Batch: 20, ReplacedRows: 1}, 3, 1},
		{"replaced", &musterpb.Audience{Since: 20}, &musterpb.Member{Batch: 20, ReplacedRows: 1}, 1, 0},
		{"replacement given up", &musterpb.Audience{Since: 10}, &musterpb.Member{Batch: 20, ReplacedRows: 1}, 3, 0},
		{"sent after it was given up", &musterpb.Audience{Since: 10, Replace: &musterpb.Replace{Batch: 30}}, &musterpb.Member{Batch: 25, ReplacedRows: 1}, 3, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAudience("x", AudienceOptions{})
			a.row = tt.row.CloneVT()
			m := tt.member.CloneVT()
			m.Synced = parseRows("email:1", "email:2", "email:3")
			dated := a.present(m)
			if len(m.Synced) != tt.synced || m.ReplacedRows != tt.replaced || dated != (tt.synced < 3) {
				t.Errorf("%d rows, %d of a replacement, dated %v", len(m.Synced), m.ReplacedRows, dated)
			}
		})
	}
}
