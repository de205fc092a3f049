package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/cmd/internal/config"
)

// commented writes a configuration with comments and reads it again, changed.
func commented(t *testing.T, c *config.Config, change func(string) string) *config.Config {
	t.Helper()
	var text bytes.Buffer
	if err := c.WriteCommented(&text); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "muster.yaml")
	if err := os.WriteFile(path, []byte(change(text.String())), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := config.Load(config.Input{File: path, WithoutSecrets: true})
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text.String())
	}
	return again
}

var sameConfig = cmp.Options{cmpopts.IgnoreUnexported(config.Config{}), cmpopts.EquateEmpty()}

// What a configuration was given stands in the file; nothing else has effect.
func TestCommentedLoadsAgain(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"nothing": "",
		"everything": `
kafka: {brokers: ["a:9092", "b:9092"], tls: {enabled: true}}
sources: [{topic: identify, start: 2026-11-20T10:00:00Z}, {topic: audience-membership, on_data_loss: continue}]
window: 15m
stages: [uploader]
include: ["vip_*", "- odd: #1"]
extra_traits: {PHONE: [mobile, contact.phone]}
max_audiences: 12
user_key_secret: secret
audiences:
  vip: {name: "VIP: {{.Key}}", extern_id: false, resend_period: 0, data_processing: {options: [LDU], country: 1, state: 1000}}
  "odd key": {sync: paused}
`,
	} {
		path := filepath.Join(t.TempDir(), "given.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(config.Input{File: path, WithoutSecrets: true})
		if err != nil {
			t.Fatal(err)
		}
		again := commented(t, c, func(text string) string {
			if strings.Contains(text, "secret\n") && strings.Contains(text, ": secret\n") {
				t.Error("a secret is written")
			}
			return text
		})
		c.UserKeySecret = ""
		if diff := cmp.Diff(c, again, sameConfig); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Every key stands in it, and every default is one that can be written so.
func TestCommentedDefaultsAreLegal(t *testing.T) {
	t.Parallel()
	setting := regexp.MustCompile(`(?m)^( *)# ([a-z_]+:( .*)?)$`)
	lines := 0
	again := commented(t, config.Defaults(), func(text string) string {
		for _, k := range config.Keys() {
			last := k.Name[strings.LastIndex(k.Name, ".")+1:]
			if !regexp.MustCompile(`(?m)^[ #]*` + regexp.QuoteMeta(last) + `:( |$)`).MatchString(text) {
				t.Errorf("%s is missing", k.Name)
			}
		}
		return setting.ReplaceAllStringFunc(text, func(line string) string {
			m := setting.FindStringSubmatch(line)
			if !known(m[2]) { // the beginning of a sentence
				return line
			}
			lines++
			return m[1] + m[2]
		})
	})
	if diff := cmp.Diff(config.Defaults(), again, sameConfig); diff != "" {
		t.Error(diff)
	}
	if lines < 70 {
		t.Errorf("%d settings, want more", lines)
	}
}

func known(line string) bool {
	name, _, _ := strings.Cut(line, ":")
	for _, k := range config.Keys() {
		if k.Env != "" && (k.Name == name || strings.HasSuffix(k.Name, "."+name)) {
			return !regexp.MustCompile(`^[a-z_]+: [a-z]+ .*[.,:;]`).MatchString(line)
		}
	}
	return false
}
