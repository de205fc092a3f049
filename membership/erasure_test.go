package membership

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/consumer"
	"muster/consumer/consumertest"
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

// An erasure covers the latest of its record's time, its event's time and all that
// the profile holds, whatever part of it that is: only what is later counts again.
func TestErasedAt(t *testing.T) {
	t.Parallel()
	const held = 100
	for name, p := range map[string]*musterpb.Profile{
		"a register":       {Registers: []*musterpb.Register{{TimeMs: held}}},
		"a replacement":    {Sets: []*musterpb.ValueSet{{ReplacedTimeMs: held}}},
		"a value":          {Sets: []*musterpb.ValueSet{{Values: []*musterpb.StampedValue{{TimeMs: 7}, {TimeMs: held}}}}},
		"a membership":     {Memberships: []*musterpb.Membership{{Audience: "A", TimeMs: held}}},
		"a consent":        {Consents: []*musterpb.Consent{{TimeMs: held}}},
		"tracking off":     {TrackingOff: []*musterpb.TrackingOff{{TimeMs: held}}},
		"nothing":          {},
		"a former erasure": {ErasedAtMs: 40},
	} {
		for _, tt := range []struct{ event, record int64 }{{50, 60}, {60, 50}, {150, 60}, {60, 150}} {
			m := merge{maxValues: 3}
			m.reset(p.CloneVT())
			m.apply(&schema.Event{Erase: true, Stamp: schema.Stamp{TimeMs: tt.event}}, tt.record)
			want := max(tt.event, tt.record)
			if name != "nothing" && name != "a former erasure" {
				want = max(want, held)
			}
			if m.p.ErasedAtMs != want {
				t.Errorf("%s, event %d, record %d: erased at %d, want %d", name, tt.event, tt.record, m.p.ErasedAtMs, want)
			}
			if m.apply(&schema.Event{Stamp: schema.Stamp{TimeMs: want, Tie: 1}, Memberships: []schema.Membership{{Audience: "A", In: true}}}, want); !empty(m.p) {
				t.Errorf("%s: what was said at the moment of the erasure counts", name)
			}
			if m.apply(&schema.Event{Stamp: schema.Stamp{TimeMs: want + 1}, Memberships: []schema.Membership{{Audience: "A", In: true}}}, want); empty(m.p) {
				t.Errorf("%s: what was said after the erasure does not count", name)
			}
		}
	}
}

// empty reports whether nobody is in any audience.
func empty(p *musterpb.Profile) bool {
	return !slices.ContainsFunc(p.Memberships, func(a *musterpb.Membership) bool { return a.In })
}

// More erasures than one Tick moves on are all told, each once, and then forgotten:
// the next slice waits neither for a record nor behind those that are done.
func TestErasuresGoOnInSlices(t *testing.T) {
	t.Parallel()
	const users = 2*maxErasures + 10
	k := consumertest.NewTask(t, consumertest.Options{New: New(testOptions())})
	settleTicks(k)
	var enter, erase []consumer.Record
	for i := range users {
		id := fmt.Sprintf("u%d", i)
		enter = append(enter, consumer.Record{Topic: "users", Offset: int64(i), Time: epoch, Key: []byte(id), Value: fmt.Appendf(nil,
			`{"type":"track","event":"x","userId":%q,"properties":{"audience_key":"A","A":true,"email":"%s@example.com"}}`, id, id)})
		erase = append(erase, consumer.Record{Topic: "users", Offset: int64(users + i), Time: epoch.Add(time.Second), Key: []byte(id)})
	}
	k.Process(enter...)
	k.FailAt(consumer.AfterLog)
	if k.ProcessErr(erase...) == nil {
		t.Fatal("no crash")
	}
	k.Emissions()
	k.Takeover()
	told, logged := map[string]int{}, len(k.Changelog())
	for ticks := 0; ; ticks++ {
		next := k.Tick()
		emissions := k.Emissions()
		for _, e := range emissions {
			told[string(e.Key)]++
		}
		if len(emissions) > maxErasures {
			t.Fatalf("%d emissions in one tick, want at most %d", len(emissions), maxErasures)
		}
		if next.IsZero() {
			break
		}
		if ticks > users {
			t.Fatalf("not done after %d ticks", ticks)
		}
	}
	for key, n := range told {
		if n != 1 {
			t.Fatalf("%q was told %d times", key, n)
		}
	}
	if forgotten := len(k.Changelog()) - logged; len(told) != users || forgotten != users {
		t.Errorf("%d members are told and %d profiles forgotten, want %d", len(told), forgotten, users)
	}
}
