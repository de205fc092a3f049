package schema

import (
	"encoding/json"
	"testing"
	"time"
)

// FuzzExplain holds that what is explained of a record is what the decoder makes
// of it: as many events, the same reason for none.
func FuzzExplain(f *testing.F) {
	for _, events := range exampleEvents(f) {
		for _, e := range events {
			f.Add([]byte(e), "", true)
		}
	}
	f.Add([]byte(`{"batch":[{"type":"delete","userId":"u1"},{"type":"identify","anonymousId":"a"}]}`), "u1", false)
	normaliser, err := NewNormaliser(NormaliserOptions{DefaultCountry: "us"})
	if err != nil {
		f.Fatal(err)
	}
	opts := DecoderOptions{UserKeySecret: []byte("secret"), Normaliser: normaliser, ExternID: true, ConsentCategories: []string{"ads"}}
	d, err := NewDecoder(opts)
	if err != nil {
		f.Fatal(err)
	}
	x, err := NewExplainer(ExplainerOptions{Decoder: opts, ShowNormalised: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value []byte, key string, anyKey bool) {
		if anyKey {
			key = ""
		}
		r := SourceRecord{Topic: "t", Time: time.UnixMilli(1_800_000_000_000), Key: []byte(key), Value: value}
		explained := x.Explain(r)
		d.anyKey = key == ""
		got := d.Decode(r)
		if n := max(1, len(got.Events)); len(explained) != n {
			t.Fatalf("%d explained, want %d", len(explained), n)
		}
		if _, err := json.Marshal(explained); err != nil {
			t.Error(err)
		}
		if e := explained[0]; e.Error != string(got.DeadLetter) || e.Ignored != got.Ignored {
			t.Errorf("explained as error %q, ignored %q; decoded as %q, %q", e.Error, e.Ignored, got.DeadLetter, got.Ignored)
		}
		for i := range got.Events {
			e := &explained[i]
			if e.Erase != got.Events[i].Erase || len(e.Memberships) != len(got.Events[i].Memberships) || len(e.Dropped) != len(got.Events[i].Dropped) {
				t.Errorf("event %d is explained as %+v", i, e)
			}
			for key, texts := range e.Normalised {
				if len(texts) > len(e.Identifiers[key]) {
					t.Errorf("%d texts of %d %s", len(texts), len(e.Identifiers[key]), key)
				}
			}
		}
	})
}
