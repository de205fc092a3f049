package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/uploader/facebook/graphtest"
)

// TestFormerOwners tells requests of former owners from those of an owner that
// got its task back.
func TestFormerOwners(t *testing.T) {
	t.Parallel()
	log := func(lines ...string) []assignment {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := assignments(path)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	owned := map[string][]assignment{
		"a": log(
			`time=2026-11-25T04:24:01.000Z level=INFO msg=assigned stage=uploader group=g-uploader generation=1 tasks="[0 1]"`,
			`time=2026-11-25T04:24:01.500Z level=INFO msg=assigned stage=membership group=g-membership generation=9 tasks="[0 1]"`,
			`time=2026-11-25T04:24:03.000Z level=INFO msg=assigned stage=uploader group=g-uploader generation=2 tasks=[1]`,
			`time=2026-11-25T04:24:05.000Z level=INFO msg=assigned stage=uploader group=g-uploader generation=3 tasks=[0]`,
		),
		"b": log(
			`time=2026-11-25T04:24:03.000Z level=INFO msg=assigned stage=uploader group=g-uploader generation=2 tasks=[0]`,
			`time=2026-11-25T04:24:05.000Z level=INFO msg=assigned stage=uploader group=g-uploader generation=3 tasks=[]`,
		),
	}
	at := func(client, clock string) graphtest.Entry {
		when, err := time.Parse(time.RFC3339, "2026-11-25T04:24:"+clock+"Z")
		if err != nil {
			t.Fatal(err)
		}
		return graphtest.Entry{Client: client, Start: when, Op: graphtest.OpAdd, Audience: "1"}
	}
	tasks := map[string]int{"1": 0}
	for name, tc := range map[string]struct {
		journal []graphtest.Entry
		want    string // part of the first fault
	}{
		"handed over":    {[]graphtest.Entry{at("a", "02"), at("b", "04")}, ""},
		"got it back":    {[]graphtest.Entry{at("a", "02"), at("b", "04"), at("a", "06")}, ""},
		"woke up":        {[]graphtest.Entry{at("a", "02"), at("b", "04"), at("a", "04")}, "of former owner a (generation 1)"},
		"late, unused":   {[]graphtest.Entry{at("a", "04"), at("b", "04")}, ""},
		"b after a":      {[]graphtest.Entry{at("a", "06"), at("b", "06")}, "of former owner b (generation 2)"},
		"never its task": {[]graphtest.Entry{at("c", "06")}, "never had task 0"},
	} {
		faults := formerOwners(tc.journal, tasks, owned)
		got := strings.Join(faults, "\n")
		if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s: faults %q, want %q", name, got, tc.want)
		}
	}
}
