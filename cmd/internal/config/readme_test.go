package config

import (
	"os"
	"regexp"
	"testing"
)

// The table of the README names keys that exist, with their defaults.
func TestReadmeTable(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	defaults := map[string]string{}
	for _, k := range Keys() {
		defaults[k.Name] = k.Default
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (?:`([^`]*)`)? ?\\|").FindAllStringSubmatch(string(readme), -1)
	if len(rows) < 10 {
		t.Fatalf("found %d rows of the table, want at least 10", len(rows))
	}
	for _, row := range rows {
		want, ok := defaults[row[1]]
		if !ok {
			t.Errorf("%s: no such key", row[1])
		} else if row[2] != want {
			t.Errorf("%s: README says default %q, it is %q", row[1], row[2], want)
		}
	}
}
