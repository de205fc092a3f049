package membership

import (
	"bytes"
	"testing"

	"muster/schema"
)

// An event read again with corrected rules takes the place of what it said
// before (I1), and leaves what others said.
func TestReplayWithCorrectedRulesRepairs(t *testing.T) {
	t.Parallel()
	event := func(at int64, email, name string, in bool) said {
		return said{schema.Event{
			Stamp:     schema.Stamp{TimeMs: at, Tie: 1},
			Registers: []schema.RegisterUpdate{{Key: schema.FN, Value: []byte(name)}},
			Sets: []schema.SetUpdate{
				{Key: schema.Email, Source: schema.SourceTrait, Replace: true, Values: [][]byte{[]byte(email)}},
				{Key: schema.Email, Source: schema.SourceExternalID, Values: [][]byte{[]byte("id-" + email)}},
			},
			Consents:    []schema.ConsentUpdate{{Category: "ads", Granted: in}},
			Memberships: []schema.Membership{{Audience: "A", In: in, Name: name}},
		}, at}
	}
	before := event(1, "first", "Old", false)
	want := mergeAll(t, nil, []said{before, event(2, "right", "Right", true)})
	got := mergeAll(t, nil, []said{before, event(2, "wrong", "Wrong", false)}, []said{event(2, "right", "Right", true)})
	if !bytes.Equal(got, want) {
		t.Errorf("got %v\nwant %v", decoded(got), decoded(want))
	}
}
