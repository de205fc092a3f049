package schema

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// An event is the same after it was written and read, whatever the encoder
// encoded before.
func TestEventEncodingRoundTrip(t *testing.T) {
	t.Parallel()
	var encoder EventEncoder
	value := rapid.SliceOfN(rapid.Byte(), 1, 32)
	text := rapid.StringN(0, 5, 20)
	event := rapid.Custom(func(t *rapid.T) Event {
		e := Event{
			Type: text.Draw(t, "type"), User: UserKey(rapid.SliceOfN(rapid.Byte(), UserKeySize, UserKeySize).Draw(t, "user")),
			Stamp: Stamp{rapid.Int64().Draw(t, "time"), rapid.Uint64().Draw(t, "tie")},
		}
		if e.Erase = rapid.Bool().Draw(t, "erase"); e.Erase {
			return e
		}
		e.ExternID = text.Draw(t, "extern id")
		for range rapid.IntRange(0, 3).Draw(t, "memberships") {
			e.Memberships = append(e.Memberships, Membership{
				text.Draw(t, "audience"), rapid.Bool().Draw(t, "in"), text.Draw(t, "name"), text.Draw(t, "space"), text.Draw(t, "computation"), text.Draw(t, "facebook id"),
			})
		}
		for range rapid.IntRange(0, 3).Draw(t, "registers") {
			r := RegisterUpdate{Key: Key(rapid.IntRange(0, NumKeys-1).Draw(t, "key"))}
			if rapid.Bool().Draw(t, "cleared") {
				r.Value = value.Draw(t, "value")
			}
			e.Registers = append(e.Registers, r)
		}
		for range rapid.IntRange(0, 2).Draw(t, "values") {
			v := ValueUpdate{Trait: text.Draw(t, "trait")}
			if rapid.Bool().Draw(t, "cleared") {
				v.Value = value.Draw(t, "value")
			}
			e.Values = append(e.Values, v)
		}
		for range rapid.IntRange(0, 3).Draw(t, "sets") {
			s := SetUpdate{Key: Email, Source: Source(rapid.IntRange(0, 2).Draw(t, "source")), Platform: Platform(rapid.IntRange(0, 2).Draw(t, "platform")), Replace: rapid.Bool().Draw(t, "replace")}
			for range rapid.IntRange(0, 3).Draw(t, "values") {
				s.Values = append(s.Values, value.Draw(t, "value"))
			}
			e.Sets = append(e.Sets, s)
		}
		for range rapid.IntRange(0, 2).Draw(t, "tracking off") {
			e.TrackingOff = append(e.TrackingOff, PlatformIOS)
		}
		for range rapid.IntRange(0, 2).Draw(t, "consents") {
			e.Consents = append(e.Consents, ConsentUpdate{text.Draw(t, "category"), rapid.Bool().Draw(t, "granted")})
		}
		return e
	})
	rapid.Check(t, func(t *rapid.T) {
		want := event.Draw(t, "event")
		origin := Origin{
			Topic: "identify", Partition: rapid.IntRange(0, 1<<20).Draw(t, "partition"), Offset: rapid.Int64Min(0).Draw(t, "offset"),
			Time: time.UnixMilli(rapid.Int64Range(-1<<40, 1<<42).Draw(t, "record time")), Size: rapid.IntRange(0, 8<<20).Draw(t, "size"),
		}
		before := []byte("kept")
		b := encoder.Append(before, &want, origin)
		if string(b[:4]) != "kept" {
			t.Fatal("what stood before was overwritten")
		}
		got, from, err := DecodeEvent(want.User[:], b[4:])
		if err != nil {
			t.Fatal(err)
		}
		clear(b) // the event shares no memory with it
		normal := cmp.Transformer("nil", func(b []byte) string { return string(b) })
		if d := cmp.Diff(want, got, normal); d != "" {
			t.Errorf("event: -want +got\n%s", d)
		}
		if d := cmp.Diff(origin, from); d != "" {
			t.Errorf("origin: -want +got\n%s", d)
		}
	})
}

func TestDecodeEventRefuses(t *testing.T) {
	t.Parallel()
	var encoder EventEncoder
	good := encoder.Append(nil, &Event{}, Origin{Topic: "identify"})
	for name, r := range map[string]struct{ key, value []byte }{
		"short key": {[]byte("u1"), good}, "no value": {make([]byte, UserKeySize), nil},
		"JSON": {make([]byte, UserKeySize), []byte(`{"type":"identify"}`)}, "cut": {make([]byte, UserKeySize), good[:len(good)-1]},
	} {
		if _, _, err := DecodeEvent(r.key, r.value); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzDecodeEvent holds that no bytes break the decoder, and that what it lets
// through is within what the stages count on.
func FuzzDecodeEvent(f *testing.F) {
	var encoder EventEncoder
	f.Add(encoder.Append(nil, &Event{
		Type: "identify", Stamp: Stamp{1, 2}, Memberships: []Membership{{Audience: "a", In: true}},
		Registers: []RegisterUpdate{{Country, []byte("us")}}, Sets: []SetUpdate{{Key: Email, Values: [][]byte{make([]byte, 32)}}},
		TrackingOff: []Platform{PlatformIOS}, Consents: []ConsentUpdate{{"ads", true}},
	}, Origin{Topic: "identify"}))
	f.Fuzz(func(t *testing.T, value []byte) {
		e, _, err := DecodeEvent(make([]byte, UserKeySize), value)
		if err != nil {
			return
		}
		for _, r := range e.Registers {
			if int(r.Key) >= NumKeys {
				t.Errorf("key %d", r.Key)
			}
		}
		for _, s := range e.Sets {
			if int(s.Key) >= NumKeys || s.Source > SourceDevice || s.Platform > PlatformAndroid {
				t.Errorf("set %+v", s)
			}
		}
	})
}
