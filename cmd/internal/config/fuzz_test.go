package config

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzLoad: no file breaks the loading or judging of a configuration.
func FuzzLoad(f *testing.F) {
	example, err := os.ReadFile("../../../muster.example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte("kafka: {brokers: [a, b]}\nwindow: 1h\n"))
	f.Add([]byte("sources: &a [*a]\n"))
	f.Add([]byte("audiences: {x: {identifiers: [EMAIL], window: -1}}\n"))
	path := filepath.Join(f.TempDir(), "muster.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(Input{File: path, WithoutSecrets: true})
		if c == nil && err == nil {
			t.Fatal("neither a configuration nor a word about it")
		}
		if err == nil {
			_ = c.Validate() // that it returns is what is asked
		}
	})
}
