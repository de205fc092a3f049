package membership

import (
	"bytes"
	"testing"

	"muster/schema"
	"muster/schema/musterpb"
)

// seedEvents are events as package repartition writes them.
func seedEvents() (encoded [][]byte) {
	var encoder schema.EventEncoder
	hash := bytes.Repeat([]byte{7}, 32)
	for i, e := range []schema.Event{
		{Type: "identify", ExternID: "u1", Stamp: schema.Stamp{TimeMs: 5, Tie: 1},
			Registers: []schema.RegisterUpdate{{Key: schema.FN, Value: hash}, {Key: schema.Country, Value: []byte("us")}, {Key: schema.ZIP}},
			Values:    []schema.ValueUpdate{{Trait: "ltv", Value: []byte("12.5")}, {Trait: "margin"}},
			Sets:      []schema.SetUpdate{{Key: schema.Email, Values: [][]byte{hash}}, {Key: schema.MADID, Source: schema.SourceDevice, Platform: schema.PlatformIOS, Values: [][]byte{hash[:16]}}},
			Consents:  []schema.ConsentUpdate{{Category: "ads", Granted: true}}},
		{Type: "track", Stamp: schema.Stamp{TimeMs: 6, Tie: 2}, TrackingOff: []schema.Platform{schema.PlatformIOS},
			Sets:        []schema.SetUpdate{{Key: schema.Email, Replace: true}},
			Memberships: []schema.Membership{{Audience: "a", In: true, Name: "A"}, {Audience: "b"}}},
		{Type: "delete", Erase: true, Stamp: schema.Stamp{TimeMs: 7}},
	} {
		encoded = append(encoded, encoder.Append(nil, &e, schema.Origin{Topic: "identify", Offset: int64(i)}))
	}
	return encoded
}

// fuzzView makes rows of every kind that can be asked for.
func fuzzView() *view {
	return &view{rules: &rules{keys: 1<<schema.NumKeys - 1, values: map[string]string{"a": "ltv"}, categories: []string{"ads"}, maxValues: 10, externIDAlone: true}}
}

// FuzzProfile holds that no stored profile, and no event on top of it, breaks
// the merge or the making of rows, and that an erasure in it is seen.
func FuzzProfile(f *testing.F) {
	for _, e := range seedEvents() {
		m := merge{maxValues: 10, externID: true}
		m.reset(new(musterpb.Profile))
		for _, e := range seedEvents() {
			m.apply(event(e), 6)
		}
		stored, err := m.p.MarshalVT()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stored, e)
	}
	f.Add([]byte{}, seedEvents()[0])
	m, v := merge{maxValues: 10, externID: true}, fuzzView()
	f.Fuzz(func(t *testing.T, stored, encoded []byte) {
		p := new(musterpb.Profile)
		if p.UnmarshalVT(stored) != nil {
			return
		}
		if p.ErasedAtMs != 0 && !everErased(stored) {
			t.Error("an erasure is not seen")
		}
		m.reset(p)
		if e := event(encoded); e != nil {
			m.apply(e, 6)
		}
		v.reset(p)
		for _, a := range append(p.Memberships, nil) {
			if _, err := v.member(a).MarshalVT(); err != nil {
				t.Error(err)
			}
		}
		forget(p)
		if _, err := p.MarshalVT(); err != nil {
			t.Error(err)
		}
	})
}

// FuzzReplay holds that an event that comes again changes nothing (I1).
func FuzzReplay(f *testing.F) {
	for _, a := range seedEvents() {
		for _, b := range seedEvents() {
			f.Add(a, b)
		}
	}
	m := merge{maxValues: 10, externID: true}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		a, b := event(first), event(second)
		if a == nil || b == nil {
			return
		}
		m.reset(new(musterpb.Profile))
		m.apply(a, 6)
		m.apply(b, 6)
		want, err := m.p.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		again := []*schema.Event{event(second)}
		if eventStamp(a) != eventStamp(b) { // else the later one counts
			again = append(again, event(first), event(second))
		}
		for i, e := range again {
			m.reset(m.p)
			m.apply(e, 6)
			if got, err := m.p.MarshalVT(); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("replay %d of\n%+v\n%+v\nchanges %s\ninto    %s: %v", i, a, b, decoded(want), decoded(got), err)
			}
		}
	})
}

// event decodes an event of the one user there is, nil when it cannot.
func event(encoded []byte) *schema.Event {
	e, _, err := schema.DecodeEvent(make([]byte, schema.UserKeySize), encoded)
	if err != nil {
		return nil
	}
	if e.ExternID != "" {
		e.ExternID = "u1"
	}
	return &e
}
