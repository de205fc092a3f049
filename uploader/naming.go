package uploader

import (
	"cmp"
	"fmt"
	"time"

	"muster/schema"
	"muster/schema/musterpb"
)

// What names and descriptions are cut to, in characters. Facebook documents no limit;
// these are well below what it is known to take, so that no name makes a creation
// fail. The marker comes on top and is never cut.
const (
	maxName  = 150
	maxWords = 180
)

// blockTemplate is the reason for which an audience waits whose name or description
// cannot be made from its template.
const blockTemplate = "name_template"

// words are what the stream has for the audience.
func (a *audience) words() schema.AudienceWords {
	return schema.AudienceWords{Key: a.key, Name: cmp.Or(a.row.Name, a.key), Space: a.row.Space, Computation: a.row.Computation}
}

// named returns what the Facebook audience is called when it is made: later names
// change nothing.
func (t *task) named(a *audience) (name, description string, err error) {
	name = a.words().Name
	if a.options.Name != nil {
		if name, err = a.options.Name.Fill(a.words()); err != nil {
			return "", "", fmt.Errorf("name: %w", err)
		}
	}
	words := fmt.Sprintf("Kept by Muster (%s) equal to the audience %s. Do not edit this text.", clip(t.options.Installation, 40), clip(a.key, 60))
	if a.options.Description != nil {
		if words, err = a.options.Description.Fill(a.words()); err != nil {
			return "", "", fmt.Errorf("description: %w", err)
		}
	}
	return clip(name, maxName), describe(words, t.options.Installation, a.key), nil
}

// mayName returns why an audience has no name to be made under, nil if it has.
func (t *task) mayName(a *audience, now time.Time) *musterpb.Block {
	if !a.link.absent {
		return nil // none is to be made yet
	}
	_, _, err := t.named(a)
	if err == nil {
		return nil
	}
	return &musterpb.Block{
		Reason: blockTemplate, SinceMs: now.UnixMilli(), Title: "a template cannot be filled in for the audience: " + err.Error(),
		Remedy: "Correct facebook.name_template or facebook.description_template, or give the audience a name and a description of its own.",
	}
}
