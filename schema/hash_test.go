package schema

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

const sha256OfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestGivenHashes(t *testing.T) {
	t.Parallel()
	n := newTestNormaliser(t, NormaliserOptions{})
	sum := strings.Repeat("0f", 32)
	for k := range Key(NumKeys) {
		if !k.Hashed() {
			continue
		}
		for _, raw := range []string{sum, strings.ToUpper(sum), " " + sum + "\n"} {
			got, reason := n.Normalise(k, raw, Hint{})
			if reason != "" || got.Text != "" || hex.EncodeToString(got.Value) != sum {
				t.Errorf("%s %q = %x, %q, %q", k, raw, got.Value, got.Text, reason)
			}
		}
		checkNormalise(t, n, k, []normaliseCase{
			{raw: sha256OfNothing, reason: DropHashOfEmpty},
			{raw: strings.ToUpper(sha256OfNothing), reason: DropHashOfEmpty},
			{raw: strings.Repeat("0f", 16), reason: DropWrongHash},
			{raw: strings.Repeat("0f", 20), reason: DropWrongHash},
			{raw: strings.Repeat("0F", 64), reason: DropWrongHash},
		})
	}
}

// TestHashOfCode holds that a code given as a hash becomes the code, and only
// under the key whose set it is from.
func TestHashOfCode(t *testing.T) {
	t.Parallel()
	n := newTestNormaliser(t, NormaliserOptions{})
	const ofM, ofUS, of01 = "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a",
		"79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621",
		"938db8c9f82c8cb58d3f3ef4fd250036a48d26a712753d2fde5abd03a85cabf4"
	for _, c := range []struct {
		key       Key
		raw, want string // want "" = the hash itself
	}{
		{Gen, ofM, "m"}, {FN, ofM, ""}, {Country, ofM, ""},
		{Country, ofUS, "us"}, {ST, ofUS, ""}, {CT, ofUS, ""},
		{DOBM, of01, "01"}, {DOBD, of01, "01"}, {DOBY, of01, ""}, {ZIP, of01, ""},
	} {
		want := []byte(c.want)
		if c.want == "" {
			want, _ = hex.DecodeString(c.raw)
		}
		if got, reason := n.Normalise(c.key, c.raw, Hint{}); !bytes.Equal(got.Value, want) || reason != "" {
			t.Errorf("%s %s stored as %x, %q; want %x", c.key, c.raw, got.Value, reason, want)
		}
	}
}

// TestBrokenHash holds that a hash in disguise is not hashed again: what it
// normalises to would be taken for a hash the next time.
func TestBrokenHash(t *testing.T) {
	t.Parallel()
	n := newTestNormaliser(t, NormaliserOptions{})
	for _, k := range []Key{FN, CT, ST} {
		checkNormalise(t, n, k, []normaliseCase{{raw: strings.Repeat("abcd ", 16), reason: DropInvalid}})
	}
	checkNormalise(t, n, ZIP, []normaliseCase{{raw: "7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB", reason: DropInvalid}})
}

func TestLooksHashed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s    string
		want bool
	}{
		{strings.Repeat("0f", 16), true}, {strings.Repeat("0F", 20), true}, {strings.Repeat("a9", 32), true}, {strings.Repeat("12", 64), true},
		{"", false}, {strings.Repeat("0g", 32), false}, {strings.Repeat("0f", 24), false}, {strings.Repeat("é", 16), false},
	} {
		if got := LooksHashed(c.s); got != c.want {
			t.Errorf("LooksHashed(%q) = %v", c.s, got)
		}
	}
}
