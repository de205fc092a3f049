package schema

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// Every source that is told fills its key.
func TestTraitSources(t *testing.T) {
	t.Parallel()
	normaliser, err := NewNormaliser(NormaliserOptions{DefaultCountry: "us"})
	if err != nil {
		t.Fatal(err)
	}
	opts := DecoderOptions{
		UserKeySecret: []byte("secret"), Normaliser: normaliser,
		ExtraTraits: map[Key][]string{Phone: {"contact.mobile"}}, ValueTraits: []string{"shop.margin"},
	}
	d, err := NewDecoder(opts)
	if err != nil {
		t.Fatal(err)
	}
	const madid = "38400000-8cf0-11bd-b23e-10b96e40000d"
	parts := map[Key]string{
		Email: "a@example.com", Phone: "+12023095976", MADID: madid, FN: "Mary", LN: "Smith", Gen: "f",
		DOBY: "1990", DOBM: "2", DOBD: "3", ST: "CA", CT: "Rome", ZIP: "94035", Country: "US", LookalikeValue: "44.5",
	}
	fills := func(k Key, event map[string]any) bool {
		event["type"], event["userId"] = "identify", "u1"
		value, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		out := d.Decode(SourceRecord{Topic: "t", Time: time.Unix(1_700_000_000, 0), Key: []byte("u1"), Value: value})
		for _, e := range out.Events {
			for _, r := range e.Registers {
				if r.Key == k && len(r.Value) > 0 {
					return true
				}
			}
			for _, s := range e.Sets {
				if s.Key == k && len(s.Values) > 0 {
					return true
				}
			}
			if k == LookalikeValue && len(e.Values) > 0 {
				return true
			}
		}
		return false
	}
	told := 0
	for i, s := range TraitSourcesOf(opts) {
		if s.Key != Key(i) {
			t.Fatalf("source %d is of %s", i, s.Key)
		}
		whole := "Mary Smith"
		if s.Key >= DOBY && s.Key <= DOBD {
			whole = "1990-02-03"
		}
		for _, traits := range []struct {
			paths []string
			value string
		}{{s.Traits, parts[s.Key]}, {s.Whole, whole}} {
			for _, path := range traits.paths {
				told++
				var nested any = traits.value
				names := strings.Split(path, ".")
				for j := len(names) - 1; j >= 0; j-- {
					nested = map[string]any{names[j]: nested}
				}
				if !fills(s.Key, map[string]any{"traits": nested}) {
					t.Errorf("%s is not filled by %s", s.Key, path)
				}
			}
		}
		for _, typ := range s.ExternalIDs {
			told++
			id := map[string]any{"type": typ, "id": parts[s.Key], "collection": "users", "encoding": "none"}
			if !fills(s.Key, map[string]any{"context": map[string]any{"externalIds": []any{id}}}) {
				t.Errorf("%s is not filled by an external id of type %s", s.Key, typ)
			}
		}
		if s.Device && !fills(s.Key, map[string]any{"context": map[string]any{"device": map[string]any{"type": "ios", "advertisingId": madid}}}) {
			t.Errorf("%s is not filled by the device", s.Key)
		}
	}
	if told < 50 {
		t.Errorf("only %d sources are told", told)
	}
}
