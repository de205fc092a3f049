package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"muster/schema/musterpb"
)

// TestAudienceProblem: what holds an audience is told with its reason, so that its
// section of docs/states.md is found, in all ways in which audiences are shown.
func TestAudienceProblem(t *testing.T) {
	t.Parallel()
	shown := show(t, &musterpb.AudienceStatus{State: "blocked", Block: &musterpb.Block{Reason: "terms", Title: "terms are not accepted", Remedy: "Accept them."}})
	for how, want := range map[string]string{
		"json": `"reason": "terms"`,
		"list": "vip: terms are not accepted (terms). Accept them.\n",
		"show": "problem terms are not accepted (terms) to do Accept them.",
	} {
		if !strings.Contains(shown[how], want) {
			t.Errorf("%s: want %q:\n%s", how, want, shown[how])
		}
	}
}

// TestAudiencePausedBy: whoever finds an audience paused learns what makes it go on.
func TestAudiencePausedBy(t *testing.T) {
	t.Parallel()
	const configured, commanded = "set audiences.vip.sync to mirror", "muster audience resume vip"
	for _, test := range []struct {
		by         []string
		want, none []string
	}{
		{[]string{"configuration"}, []string{configured}, []string{commanded}},
		{[]string{"command"}, []string{commanded}, []string{configured}},
		{[]string{"configuration", "command"}, []string{configured, commanded}, nil},
	} {
		shown := show(t, &musterpb.AudienceStatus{State: "paused", PausedBy: test.by})
		var list []struct {
			By []string `json:"paused_by"`
		}
		if err := json.Unmarshal([]byte(shown["json"]), &list); err != nil || strings.Join(list[0].By, " ") != strings.Join(test.by, " ") {
			t.Errorf("%q: %v, JSON\n%s", test.by, err, shown["json"])
		}
		for _, how := range []string{"list", "show"} {
			for _, want := range test.want {
				if !strings.Contains(shown[how], want) {
					t.Errorf("%q: %s: want %q:\n%s", test.by, how, want, shown[how])
				}
			}
			for _, none := range test.none {
				if strings.Contains(shown[how], none) {
					t.Errorf("%q: %s: want no %q:\n%s", test.by, how, none, shown[how])
				}
			}
		}
	}
}

// show is what is shown of audience vip: as JSON, in the list and alone, the latter
// with single blanks.
func show(t *testing.T, s *musterpb.AudienceStatus) map[string]string {
	t.Helper()
	now := time.UnixMilli(1_800_000_000_000)
	all := lines(map[string]*musterpb.AudienceStatus{"vip": s})
	var asJSON, list, alone strings.Builder
	for _, err := range []error{writeJSON(&asJSON, all), listAudiences(&list, all, now), showAudience(&alone, all[0], nil, now)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{"json": asJSON.String(), "list": list.String(), "show": strings.Join(strings.Fields(alone.String()), " ")}
}
