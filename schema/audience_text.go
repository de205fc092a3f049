package schema

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"unicode"
)

// AudienceWords are the words that the stream has for an audience, as templates of
// names and descriptions may use them: {{.Key}}, {{.Name}}, {{.Space}}, {{.Computation}}.
type AudienceWords struct {
	Key         string
	Name        string // display name; the key where the stream has none
	Space       string // Engage space, "" where the stream names none
	Computation string // Engage computation id, likewise
}

// sampleWords are what every template must be able to speak of.
var sampleWords = AudienceWords{Key: "vip_customers", Name: "VIP customers", Space: "spa_1", Computation: "aud_1"}

// AudienceText is a template (text/template) of what an audience is called. It is
// safe for concurrent use.
type AudienceText struct{ template *template.Template }

// ParseAudienceText returns the template, or why it cannot be used: it is tried with
// made-up words.
func ParseAudienceText(text string) (*AudienceText, error) {
	t, err := template.New("text").Parse(text)
	if err != nil {
		return nil, plainTemplateError(err)
	}
	a := &AudienceText{t}
	if _, err := a.Fill(sampleWords); err != nil {
		return nil, err
	}
	return a, nil
}

// Fill returns the text with the words put in, in one line and trimmed. An empty one
// is an error.
func (a *AudienceText) Fill(w AudienceWords) (string, error) {
	var b strings.Builder
	if err := a.template.Execute(&b, w); err != nil {
		return "", plainTemplateError(err)
	}
	text := strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(b.String(), "")))
	if text == "" {
		return "", errors.New("the text comes to nothing")
	}
	return text, nil
}

// plainTemplateError leaves out what only the template package knows.
func plainTemplateError(err error) error {
	text := err.Error()
	if i := strings.Index(text, ">: "); i >= 0 {
		text = text[i+len(">: "):]
	}
	return fmt.Errorf("%s", strings.TrimPrefix(text, "template: text:"))
}
