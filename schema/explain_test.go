package schema

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const jane = `"8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"`
	for _, c := range []struct {
		name, value string
		texts       bool
		want        []string
	}{
		{
			name:  "membership, identifiers and what was dropped",
			value: `{"type":"identify","userId":"u123","context":{"personas":{"computation_class":"audience","computation_key":"vip"},"device":{"type":"ios","advertisingId":"7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB"},"externalIds":[{"id":"jane@example.com","type":"email","collection":"users"}]},"traits":{"vip":true,"email":"Jane@Example.com","gender":"fluid","country":"US"}}`,
			want:  []string{`{"user":"u123","memberships":[{"audience":"vip","in":true}],"identifiers":{"COUNTRY":["79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"],"EMAIL":[` + jane + `],"MADID":["7a3cbea0-bdf5-11e4-8dfc-aa07a5b093db"]},"dropped":[{"key":"GEN","trait":"traits.gender","reason":"unknown_value"}],"erase":false,"error":""}`},
		},
		{
			name:  "the text before hashing, for who asks",
			value: `{"type":"identify","anonymousId":"a1","traits":{"email":"Jane@Example.com","country":"USA"}}`,
			texts: true,
			want:  []string{`{"user":"anon:a1","memberships":[],"identifiers":{"COUNTRY":["79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"],"EMAIL":[` + jane + `]},"dropped":[],"erase":false,"error":"","normalised":{"COUNTRY":["us"],"EMAIL":["jane@example.com"]}}`},
		},
		{
			name:  "one line for each event of a batch",
			value: `{"batch":[{"type":"delete","userId":"u1"},{"type":"track","event":"x","userId":"u1","context":{"personas":{"computation_class":"audience","computation_key":"vip"}},"properties":{"vip":false}}]}`,
			want: []string{
				`{"user":"u1","memberships":[],"identifiers":{},"dropped":[],"erase":true,"error":""}`,
				`{"user":"u1","memberships":[{"audience":"vip","in":false}],"identifiers":{},"dropped":[],"erase":false,"error":""}`,
			},
		},
		{
			name:  "a record that cannot be used",
			value: `{"type":"identify"}`,
			want:  []string{`{"user":"","memberships":[],"identifiers":{},"dropped":[],"erase":false,"error":"no_user","detail":"the event has neither userId nor anonymousId"}`},
		},
		{
			name:  "an event with nothing to say",
			value: `{"type":"page","userId":"u1"}`,
			want:  []string{`{"user":"","memberships":[],"identifiers":{},"dropped":[],"erase":false,"error":"","ignored":"page"}`},
		},
		{
			name:  "a row",
			value: `{"type":"record","action":"insert","fields":{"EMAIL":"a@example.com"},"context":{"externalId":[{"type":"FB_CUSTOM_AUDIENCE-77"}]}}`,
			want:  []string{`{"user":"row:b5e363a64d61d58923f09367be2423534a236d2275bad30a0484609f3291fcbc","memberships":[{"audience":"FB_CUSTOM_AUDIENCE-77","in":true}],"identifiers":{"EMAIL":["08168cd80dfd534ab0f10af10f1303fe00af2d43ab5c1432360d137f8197e17a"]},"dropped":[],"erase":false,"error":""}`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			normaliser, err := NewNormaliser(NormaliserOptions{})
			if err != nil {
				t.Fatal(err)
			}
			x, err := NewExplainer(ExplainerOptions{Decoder: DecoderOptions{Normaliser: normaliser}, ShowNormalised: c.texts})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range x.Explain(SourceRecord{Value: []byte(c.value)}) {
				line, err := json.Marshal(e)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(line))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("explained (-want +got):\n%s", diff)
			}
		})
	}
}

// TestExplainKey holds that a record with a key is checked against it.
func TestExplainKey(t *testing.T) {
	t.Parallel()
	normaliser, err := NewNormaliser(NormaliserOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewExplainer(ExplainerOptions{Decoder: DecoderOptions{Normaliser: normaliser}})
	if err != nil {
		t.Fatal(err)
	}
	got := x.Explain(SourceRecord{Key: []byte("u2"), Value: []byte(`{"type":"identify","userId":"u1"}`)})
	if len(got) != 1 || got[0].Error != string(NotKeyed) || !strings.Contains(got[0].Detail, "repartition") {
		t.Errorf("explained as %+v, want not_keyed with the remedy", got)
	}
}
