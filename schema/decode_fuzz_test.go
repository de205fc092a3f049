package schema

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// FuzzDecode holds that any record has exactly one outcome, the same each time;
// that nothing of its content shows in reasons (I8); and that events do not
// change when the Decoder goes on.
func FuzzDecode(f *testing.F) {
	for _, events := range exampleEvents(f) {
		for _, e := range events {
			f.Add([]byte(e), "u123", uint8(0))
		}
	}
	f.Add([]byte(`{"batch":[{"type":"delete","userId":"u1"},{"type":"page"}]}`), "u1", uint8(1))
	f.Add([]byte(`{"type":"identify","userId":"\ud83d\ude00\ud83d","traits":{"email":["a@b.c",1e400,-0.00e-3,null]}}`), "u1", uint8(2))
	f.Add([]byte(`{"type":"identify","userId":"u1","context":{"device":{"type":"ios","adTrackingEnabled":false,"advertisingId":0}}}`), "u1", uint8(3))
	f.Add([]byte(`{"type":"audiencelist","properties":{"listData":{"add":[{"EMAIL":"a@example.com"}],"remove":[{"EMAIL":"a@example.com"}]}}}`), "", uint8(4))
	f.Add([]byte(`{"type":"identify","userId":"u1","traits":{"lifetime_value":-1e2,"LOOKALIKE_VALUE":[]}}`), "u1", uint8(0))
	for _, s := range []string{"", "null", "[]", "{}", `{"type":"`, "\xff\xfe", strings.Repeat("[", 1000)} {
		f.Add([]byte(s), "k", uint8(5))
	}
	normaliser, err := NewNormaliser(NormaliserOptions{DefaultCountry: "us"})
	if err != nil {
		f.Fatal(err)
	}
	traits := knownTraits()
	var decoders [8]*Decoder
	for flags := range decoders {
		decoders[flags], err = NewDecoder(DecoderOptions{
			UserKeySecret: []byte("secret"), Normaliser: normaliser,
			ExternID: flags&1 != 0, Partitions: 1 + flags>>1&1, MaxEventBytes: 1 << 16,
			ConsentCategories: []string{"ads"}, ValueTraits: fuzzValues,
			Sources: map[string]SourceOptions{"t": {Audience: "vip", TombstoneErases: true}},
		})
		if err != nil {
			f.Fatal(err)
		}
		decoders[flags].anyKey = flags&4 != 0
	}
	f.Fuzz(func(t *testing.T, value []byte, key string, flags uint8) {
		d := decoders[int(flags)%len(decoders)]
		r := SourceRecord{Topic: "t", Offset: 7, Time: time.UnixMilli(1_800_000_000_000), Key: []byte(key), Value: value}
		got := d.Decode(r)
		checkOutcome(t, &got, traits)
		other := SourceRecord{Topic: "t", Key: []byte("u1"), Value: []byte(`{"type":"identify","userId":"u1","traits":{"email":"other@example.com","city":"Rome","name":"A B"}}`)}
		d.Decode(other)
		if again := d.Decode(r); !reflect.DeepEqual(got, again) {
			t.Fatalf("the same record decodes to something else:\n%s", cmp.Diff(got, again))
		}
	})
}

// checkOutcome checks what holds for every outcome.
func checkOutcome(t *testing.T, got *Decoded, traits map[string]bool) {
	outcomes := 0
	for _, is := range []bool{len(got.Events) > 0, got.Ignored != "", got.DeadLetter != ""} {
		if is {
			outcomes++
		}
	}
	if outcomes != 1 {
		t.Fatalf("%d outcomes: %+v", outcomes, got)
	}
	for i := range got.Events {
		e := &got.Events[i]
		if e.User == (UserKey{}) {
			t.Errorf("event %d has no user", i)
		}
		for _, x := range e.Dropped {
			if !traits[x.Trait] {
				t.Errorf("dropped %q is none of the known traits", x.Trait)
			}
		}
		for _, v := range e.Values {
			if _, reason := normaliseLookalikeValue(string(v.Value)); len(v.Value) > 0 && reason != "" {
				t.Errorf("value %q: %s", v.Value, reason)
			}
		}
		for _, s := range e.Sets {
			if len(s.Values) > MaxValues || len(s.Values) == 0 && !s.Replace {
				t.Errorf("set of %d values", len(s.Values))
			}
			for _, v := range s.Values {
				if want := map[bool]int{true: 16, false: 32}[s.Key == MADID]; len(v) != want {
					t.Errorf("%s of %d bytes, want %d", s.Key, len(v), want)
				}
			}
		}
	}
}

var fuzzValues = []string{"LOOKALIKE_VALUE", "lifetime_value"}

// knownTraits returns every place that may stand in Dropped.Trait.
func knownTraits() map[string]bool {
	known := map[string]bool{"context.device.advertisingId": true}
	for typ := range externalTypes {
		known["context.externalIds."+typ] = true
		known["context.externalId."+typ] = true
	}
	add := func(t *traitTable, paths ...string) {
		for _, path := range paths {
			known[path] = true
			for _, list := range append(t.keys[:], t.names, t.dates, t.values) {
				for _, tr := range list {
					known[path+"."+tr.path] = true
				}
			}
		}
	}
	add(newTraitTable(nil, fuzzValues), "traits", "properties", "context.traits")
	add(newRowTable(fuzzValues), "fields", "identifiers", "listData.add", "listData.remove")
	return known
}
