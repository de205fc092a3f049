package membership

import (
	"testing"

	"muster/consumer"
	"muster/schema"
)

// A record that a former owner may have processed touches every audience of its
// user if it says anything of the user, and otherwise those that it names.
func TestWhatAReplayedRecordTouches(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		event schema.Event
		all   bool
	}{
		"erasure":      {schema.Event{Erase: true}, true},
		"user id":      {schema.Event{ExternID: "u1"}, true},
		"register":     {schema.Event{Registers: make([]schema.RegisterUpdate, 1)}, true},
		"set":          {schema.Event{Sets: make([]schema.SetUpdate, 1)}, true},
		"tracking off": {schema.Event{TrackingOff: make([]schema.Platform, 1)}, true},
		"consent":      {schema.Event{Consents: make([]schema.ConsentUpdate, 1)}, true},
		"membership":   {schema.Event{}, false},
	} {
		tt.event.Memberships = []schema.Membership{{Audience: "A"}}
		steps := []step{{event: &tt.event, next: -1}}
		for _, replay := range []bool{false, true} {
			var h heard
			h.record(steps, 0, -1, &consumer.Record{Replay: replay})
			if h.all != (tt.all && replay) || (len(h.audiences) == 1) != replay {
				t.Errorf("%s, replayed %t: all %t, audiences %q", name, replay, h.all, h.audiences)
			}
		}
	}
}
