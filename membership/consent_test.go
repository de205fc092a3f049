package membership

import (
	"testing"

	"muster/schema"
	"muster/schema/musterpb"
)

// Every category that is asked for must have been granted, by its last word.
func TestConsentOfEveryCategory(t *testing.T) {
	t.Parallel()
	type word struct {
		at       int64
		category string
		granted  bool
	}
	for name, tt := range map[string]struct {
		words []word
		want  bool
	}{
		"never asked":        {nil, false},
		"one of two":         {[]word{{1, "ads", true}}, false},
		"the other of two":   {[]word{{1, "mail", true}}, false},
		"both":               {[]word{{1, "ads", true}, {2, "mail", true}}, true},
		"one refused":        {[]word{{1, "ads", true}, {2, "mail", false}}, false},
		"withdrawn":          {[]word{{1, "ads", true}, {2, "mail", true}, {3, "ads", false}}, false},
		"given again":        {[]word{{1, "ads", false}, {2, "mail", true}, {3, "ads", true}}, true},
		"an older word late": {[]word{{3, "ads", true}, {2, "mail", true}, {1, "ads", false}}, true},
		"an older yes late":  {[]word{{3, "ads", false}, {2, "mail", true}, {1, "ads", true}}, false},
	} {
		m := merge{maxValues: 3}
		m.reset(&musterpb.Profile{})
		for _, w := range tt.words {
			m.apply(&schema.Event{Stamp: schema.Stamp{TimeMs: w.at}, Consents: []schema.ConsentUpdate{{Category: w.category, Granted: w.granted}}}, w.at)
		}
		if got := consented(m.p, []string{"ads", "mail"}); got != tt.want {
			t.Errorf("%s: %t, want %t", name, got, tt.want)
		}
		if !consented(m.p, nil) {
			t.Errorf("%s: consent is not asked for, and is missing", name)
		}
	}
}
