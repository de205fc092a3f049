package facebook

import (
	"crypto/sha256"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestDecodeUsersResult(t *testing.T) {
	t.Parallel()
	const row = `["e190","","e96e","",""]`
	tests := []struct {
		name, body string
		want       UsersResult
		refused    bool
	}{
		{
			name: "recorded, with a sample",
			body: `{"audience_id":"23849182047670582","session_id":"5838262032086682185","num_received":2,"num_invalid_entries":1,` +
				`"invalid_entry_samples":{"[\"e190\",\"\",\"e96e\",\"\",\"\"]":"empty external ID"}}`,
			want: UsersResult{
				AudienceID: "23849182047670582", SessionID: "5838262032086682185", NumReceived: 2, NumInvalid: 1,
				InvalidRows: []InvalidRow{{sha256.Sum256([]byte(row)), ReasonEmptyExternID}},
			},
		},
		{
			name: "ids as numbers, counts as strings, empty list",
			body: `{"audience_id":23849182047670582,"session_id":5838262032086682185,"num_received":"10000","num_invalid_entries":"3","invalid_entry_samples":[]}`,
			want: UsersResult{AudienceID: "23849182047670582", SessionID: "5838262032086682185", NumReceived: 10000, NumInvalid: 3},
		},
		{
			name: "list of rows as text and as JSON",
			body: `{"audience_id":"1","num_received":2,"num_invalid_entries":2,"invalid_entry_samples":["[\"a\"]",["b", "c"]]}`,
			want: UsersResult{AudienceID: "1", NumReceived: 2, NumInvalid: 2, InvalidRows: []InvalidRow{
				{sha256.Sum256([]byte(`["a"]`)), ReasonOther}, {sha256.Sum256([]byte(`["b","c"]`)), ReasonOther},
			}},
		},
		{
			name: "single-key sample: the value alone",
			body: `{"audience_id":"1","num_received":1,"num_invalid_entries":1,"invalid_entry_samples":{"abc":"not a hash: abc"}}`,
			want: UsersResult{AudienceID: "1", NumReceived: 1, NumInvalid: 1, InvalidRows: []InvalidRow{{sha256.Sum256([]byte(`["abc"]`)), ReasonOther}}},
		},
		{
			name: "odd fields are zero",
			body: `{"audience_id":{"x":1},"session_id":null,"num_received":1,"num_invalid_entries":-4,"invalid_entry_samples":7}`,
			want: UsersResult{NumReceived: 1},
		},
		{name: "not the answer to this", body: `{"success":true}`, refused: true},
		{name: "a list", body: `[]`, refused: true},
		{name: "text", body: `Service Unavailable`, refused: true},
		{name: "nothing", body: ``, refused: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, ok := decodeUsersResult([]byte(test.body))
			if ok == test.refused {
				t.Fatalf("taken %t", ok)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHashRow(t *testing.T) {
	t.Parallel()
	plain := sha256.Sum256([]byte(`["a/b","é",44.5,["LDU"],1]`))
	for _, same := range []string{`["a/b","é",44.5,["LDU"],1]`, `["a\/b","\u00e9",44.5,["LDU"],1]`, ` [ "a/b", "é", 44.5, ["LDU"], 1 ] `} {
		if HashRow([]byte(same)) != plain {
			t.Errorf("%s hashes differently", same)
		}
	}
	for _, other := range []string{`["a/b","e",44.5,["LDU"],1]`, `["a/b","é",44.50,["LDU"],1]`, `["a/b","é",44.5,["LDU"],1]]`, ``} {
		if HashRow([]byte(other)) == plain {
			t.Errorf("%s hashes the same", other)
		}
	}
	if HashRow([]byte(`["<&>"]`)) != sha256.Sum256([]byte(`["<&>"]`)) {
		t.Error("a row that needs no escaping was escaped")
	}
}
