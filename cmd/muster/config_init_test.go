package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/cmd/internal/config"
)

// A new file lacks what only its reader knows, and says so.
func TestConfigInit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "muster.yaml")
	var out bytes.Buffer
	if err := run(t.Context(), []string{"config", "init", path, "--set", "kafka.brokers=kafka:9092"}, nil, nil, &out, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "wrote "+path) {
		t.Errorf("said %q", out.String())
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "brokers: [kafka:9092]") {
		t.Errorf("%v\n%s", err, text)
	}
	err = run(t.Context(), []string{"config", "check", "--config", path}, nil, nil, &out, &out)
	for _, want := range []string{"facebook.ad_account", "user_key_secret_file", "facebook.access_token_file"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("check returned %v, want a word about %s", err, want)
		}
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 3 {
		t.Errorf("%d mistakes, want three:\n%v", n, err)
	}
	err = run(t.Context(), []string{"config", "init", path}, nil, nil, &out, &out)
	if err == nil || !strings.Contains(err.Error(), "left alone") {
		t.Errorf("over a file returned %v", err)
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, text) {
		t.Errorf("the file was changed, %v", err)
	}
}

// docs/configuration.md is what the code says; -update writes it.
func TestConfigurationPage(t *testing.T) {
	t.Parallel()
	const path = repository + "/docs/configuration.md"
	want := reference(config.Keys())
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // a page
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("docs/configuration.md is not what the code says (%v); go test ./cmd/muster -run TestConfigurationPage -update writes it", err)
	}
}
