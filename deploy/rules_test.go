package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestRules has promtool check the rules and run their unit tests.
func TestRules(t *testing.T) {
	t.Parallel()
	promtool := tool(t, "promtool")
	for _, arguments := range [][]string{
		{"check", "rules", "recording.yaml", "alerts.yaml"},
		{"test", "rules", "recording_test.yaml", "alerts_test.yaml"},
		{"check", "config", "--syntax-only", "../compose/prometheus.yaml"},
	} {
		cmd := exec.Command(promtool, arguments...)
		cmd.Dir = "prometheus"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, out)
		}
	}
}

// unitTests is of promtool's format what is counted.
type unitTests struct {
	Tests []struct {
		Alerts []struct {
			Name   string          `yaml:"alertname"`
			Expect []yaml.MapSlice `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
		Expressions []struct{ Expr string } `yaml:"promql_expr_test"`
	}
}

func readUnitTests(t *testing.T, name string) (u unitTests) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("prometheus", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &u); err != nil {
		t.Fatal(err)
	}
	return u
}

// TestEveryRuleIsTested: each alert is seen quiet and seen firing, each recorded series is
// compared.
func TestEveryRuleIsTested(t *testing.T) {
	t.Parallel()
	fires, quiet, recorded := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, test := range readUnitTests(t, "alerts_test.yaml").Tests {
		for _, a := range test.Alerts {
			if len(a.Expect) > 0 {
				fires[a.Name] = true
			} else {
				quiet[a.Name] = true
			}
		}
	}
	for _, test := range readUnitTests(t, "recording_test.yaml").Tests {
		for _, e := range test.Expressions {
			recorded[e.Expr] = true
		}
	}
	for _, g := range rules(t, "alerts.yaml").Groups {
		for _, r := range g.Rules {
			if !fires[r.Alert] || !quiet[r.Alert] {
				t.Errorf("%s: seen firing %t, seen quiet %t", r.Alert, fires[r.Alert], quiet[r.Alert])
			}
		}
	}
	for _, g := range rules(t, "recording.yaml").Groups {
		for _, r := range g.Rules {
			if !recorded[r.Record] {
				t.Errorf("%s is not tested", r.Record)
			}
		}
	}
}

// TestRunbooks: each alert says how bad it is, what it is, and has a section of its own in
// the runbooks that says what it means, where to look and what to do; and no section is of
// an alert that is gone.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs/runbooks.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, part := range strings.Split(string(text), "\n## ")[1:] {
		heading, body, _ := strings.Cut(part, "\n")
		sections[heading] = body
	}
	var alerts []string
	for _, g := range rules(t, "alerts.yaml").Groups {
		for _, r := range g.Rules {
			alerts = append(alerts, r.Alert)
			if s := r.Labels["severity"]; s != "page" && s != "ticket" {
				t.Errorf("%s: severity %q, want page or ticket", r.Alert, s)
			}
			if r.Annotations["summary"] == "" {
				t.Errorf("%s has no summary", r.Alert)
			}
			if want := "docs/runbooks.md#" + strings.ToLower(r.Alert); r.Annotations["runbook_url"] != want {
				t.Errorf("%s: runbook_url %q, want %q", r.Alert, r.Annotations["runbook_url"], want)
			}
			for _, part := range []string{"**Means.**", "**Look.**", "**Do.**"} {
				if !strings.Contains(sections[r.Alert], part) {
					t.Errorf("docs/runbooks.md: section %s has no %s", r.Alert, part)
				}
			}
		}
	}
	for heading := range sections {
		if strings.HasPrefix(heading, "Muster") && !slices.Contains(alerts, heading) {
			t.Errorf("docs/runbooks.md: section %s is of no alert", heading)
		}
	}
}

// TestRunbookLinks: what the runbooks link to in docs is there.
func TestRunbookLinks(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"runbooks.md", "upgrade.md"} {
		text, err := os.ReadFile(filepath.Join(root, "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`).FindAllStringSubmatch(string(text), -1) {
			file := name
			if m[1] != "" {
				file = m[1]
			}
			target, err := os.ReadFile(filepath.Join(root, "docs", file))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if m[2] != "" && !slices.Contains(anchors(string(target)), m[2]) {
				t.Errorf("%s: %s has no heading #%s", name, file, m[2])
			}
		}
	}
}

// anchors are those that GitHub gives headings.
func anchors(text string) (list []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		bare := regexp.MustCompile("[^a-z0-9 _-]").ReplaceAllString(strings.ToLower(m[1]), "")
		list = append(list, strings.ReplaceAll(bare, " ", "-"))
	}
	return list
}
