package schema

import (
	"strings"
	"testing"
)

func TestAudienceText(t *testing.T) {
	t.Parallel()
	words := AudienceWords{Key: "k", Name: " A\nB\x00 \xff", Space: "s"}
	for text, want := range map[string]string{
		"Engage – {{.Name}}":  "Engage –  A B",
		"plain":               "plain",
		"{{.Key}}/{{.Space}}": "k/s",
		"{{with .Computation}}{{.}}{{else}}none{{end}}": "none",
		`{{printf "%.2s" .Key}}`:                        "k",
	} {
		a, err := ParseAudienceText(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := a.Fill(words); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
	// What is right for the sample may still come to nothing.
	a, err := ParseAudienceText("{{.Computation}}")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := a.Fill(words); err == nil {
		t.Errorf("got %q", got)
	}
	for text, want := range map[string]string{
		"{{.Name":           "1: unclosed action",
		"{{.Nmae}}":         "can't evaluate field Nmae in type schema.AudienceWords",
		"{{nothing .Name}}": `function "nothing" not defined`,
		" {{/* x */}} ":     "the text comes to nothing",
	} {
		if _, err := ParseAudienceText(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
