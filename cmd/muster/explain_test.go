package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExplain goes through testdata/explain.jsonl, from a file and from standard
// input.
func TestExplain(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "explain.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := do(t.Context(), "", nil, "explain", "--set", "default_country=US", "--show-normalised", path)
	if got.err != nil {
		t.Fatal(got.err)
	}
	golden(t, "explain.golden.jsonl", got.stdout)
	if again := do(t.Context(), string(text), []string{"MUSTER_DEFAULT_COUNTRY=US"}, "explain", "--show-normalised", "-"); again.stdout != got.stdout {
		t.Errorf("standard input: %v\n%s", again.err, again.stdout)
	}
	for lines := bufio.NewScanner(strings.NewReader(got.stdout)); lines.Scan(); {
		if !json.Valid(lines.Bytes()) {
			t.Errorf("not JSON: %s", lines.Text())
		}
	}
}

// Without the flag the text before hashing is nowhere.
func TestExplainHidesText(t *testing.T) {
	t.Parallel()
	got := do(t.Context(), `{"type":"identify","userId":"u1","traits":{"email":"Jane@Example.com"}}`, nil, "explain")
	if got.err != nil || strings.Contains(strings.ToLower(got.stdout), "jane") || !strings.Contains(got.stdout, `"EMAIL":["`) {
		t.Errorf("got %v %s", got.err, got.stdout)
	}
}

// The configuration decides: a source's audience, further traits, the id.
func TestExplainConfigured(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "muster.yaml")
	if err := os.WriteFile(config, []byte(`
sources: [{topic: customers, audience: all_customers}]
extra_traits: {PHONE: [contact.mobile]}
extern_id: {enabled: true}
user_key_secret_file: /nonexistent
`), 0o600); err != nil {
		t.Fatal(err)
	}
	got := do(t.Context(), `{"type":"track","event":"new","userId":"u1","properties":{"contact":{"mobile":"+12023095976"}}}`, nil,
		"explain", "--config", config, "--source", "customers", "--show-normalised")
	for _, want := range []string{`"memberships":[{"audience":"all_customers","in":true}]`, `"EXTERN_ID":["u1"]`, `"PHONE":["12023095976"]`} {
		if got.err != nil || !strings.Contains(got.stdout, want) {
			t.Errorf("got %v %s, want %s", got.err, got.stdout, want)
		}
	}
}
