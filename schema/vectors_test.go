package schema

import (
	"encoding/json"
	"os"
	"testing"
)

// vector is one line of testdata/vectors.json: written down and reviewed by
// hand, so that no test computes what it expects.
type vector struct {
	Key        string `json:"key"`
	Raw        string `json:"raw"`
	Country    string `json:"country"` // of the same event, "" = none
	Normalised string `json:"normalised"`
	Uploaded   string `json:"uploaded"`
	Source     string `json:"source"`
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	return vs
}

func TestVectors(t *testing.T) {
	t.Parallel()
	n := newTestNormaliser(t, NormaliserOptions{})
	seen := KeySet(0)
	for _, v := range readVectors(t) {
		k, ok := ParseKey(v.Key)
		if !ok {
			t.Fatalf("unknown key %q", v.Key)
		}
		seen |= KeysOf(k)
		got, reason := n.Normalise(k, v.Raw, Hint{Country: v.Country, Year: 2026})
		if reason != "" || got.Text != v.Normalised {
			t.Errorf("%s %q = %q, %q; want %q (%s)", k, v.Raw, got.Text, reason, v.Normalised, v.Source)
			continue
		}
		if up := Uploaded(k, got.Value); up != v.Uploaded {
			t.Errorf("%s %q uploaded as %s, want %s (%s)", k, v.Raw, up, v.Uploaded, v.Source)
		}
		if k.Hashed() {
			checkGivenAsHash(t, n, k, v, got)
		}
	}
	if seen != KeySet(1<<NumKeys-1) {
		t.Errorf("vectors cover the keys %b only", seen)
	}
}

// checkGivenAsHash holds that a value given as its hash is stored and uploaded
// just like the value itself.
func checkGivenAsHash(t *testing.T, n *Normaliser, k Key, v vector, plain Normalised) {
	t.Helper()
	hashed, reason := n.Normalise(k, v.Uploaded, Hint{})
	if reason != "" || hashed.Text != "" || string(hashed.Value) != string(plain.Value) {
		t.Errorf("%s given as the hash of %q: stored %x, %q; want %x", k, v.Normalised, hashed.Value, reason, plain.Value)
	}
}
