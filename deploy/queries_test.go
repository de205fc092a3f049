package deploy

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// seldom are the metrics that a healthy picture does not have, and why.
var seldom = map[string]string{
	"kubelet_volume_stats_available_bytes":   "the kubelet's, not the worker's",
	"kubelet_volume_stats_capacity_bytes":    "the kubelet's, not the worker's",
	"muster_facebook_token_expires_seconds":  "needs an app (facebook.app_id) to ask for it",
	"muster:token_left_seconds:min":          "follows from muster_facebook_token_expires_seconds",
	"muster_facebook_version_warnings_total": "counts from the first warning on",
	"muster_source_lost_total":               "counts from the first lost record on",
	"muster_task_fenced_total":               "counts from the first owner on that is shut out",
	"muster_uploader_alarms_total":           "counts from the first alarm on",
	"muster_uploader_blocked_total":          "counts from the first block on",
	"muster_uploader_rejected_rows_total":    "counts from the first row on that Facebook refuses",
}

// query is an expression and where it stands.
type query struct{ where, expr string }

// dashboardQueries are the panels' and the variables', as Grafana would send them.
func dashboardQueries(t *testing.T) (list []query) {
	t.Helper()
	for _, d := range dashboards(t) {
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				expr := strings.NewReplacer("$__rate_interval", "1m", "$audience", ".*").Replace(target.Expr)
				list = append(list, query{d.file + ": " + p.Title, expr})
			}
		}
		for _, v := range d.Templating.List {
			if m := regexp.MustCompile(`^label_values\((.+), \w+\)$`).FindStringSubmatch(v.Query.Query); m != nil {
				list = append(list, query{d.file + ": variable " + v.Name, m[1]})
			}
		}
	}
	return list
}

// ruleFile is a file of Prometheus' rules.
type ruleFile struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Record, Alert, Expr, For string
			Labels, Annotations      map[string]string
		}
	}
}

func rules(t *testing.T, name string) (f ruleFile) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("prometheus", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &f); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f
}

// selector finds what an expression takes from the store.
var selector = regexp.MustCompile(`\b(?:muster|kubelet|http|process|go|up)[a-zA-Z0-9_:]*(?:\{[^}]*\})?`)

// ruleQueries are the expressions of what is recorded, and of alerts the series they look
// at: an alert itself has no answer as long as all is well.
func ruleQueries(t *testing.T) (list []query) {
	t.Helper()
	for _, g := range rules(t, "recording.yaml").Groups {
		for _, r := range g.Rules {
			list = append(list, query{r.Record, r.Expr})
		}
	}
	for _, g := range rules(t, "alerts.yaml").Groups {
		for _, r := range g.Rules {
			found := 0
			for _, s := range selector.FindAllString(r.Expr, -1) {
				if !labelsOnly.MatchString(s) {
					list = append(list, query{r.Alert, s})
					found++
				}
			}
			if found == 0 {
				t.Errorf("%s looks at nothing", r.Alert)
			}
		}
	}
	return list
}

// labelsOnly are names that stand in a by or on clause.
var labelsOnly = regexp.MustCompile(`^muster_(stage|audience|account|reason|alarm|outcome|facebook_(op|class))$`)

// queries asks Prometheus each query until it gives a series.
func (w watch) queries() {
	w.t.Helper()
	for _, q := range slices.Concat(ruleQueries(w.t), dashboardQueries(w.t)) {
		if names := metricsOf(q.expr); slices.ContainsFunc(names, func(n string) bool { return seldom[n] != "" }) {
			if _, err := w.ask(q.expr); err != nil {
				w.t.Errorf("%s: %s: %v", q.where, q.expr, err)
			}
			continue
		}
		w.await(q.where, func() (bool, string) {
			n, err := w.ask(q.expr)
			if err != nil && strings.Contains(err.Error(), "parse error") {
				w.t.Fatalf("%s: %s: %v", q.where, q.expr, err)
			}
			return n > 0, fmt.Sprintf("%s: %d series, %v", q.expr, n, err)
		})
	}
}

// metricsOf are the names of the metrics in an expression.
func metricsOf(expr string) (names []string) {
	for _, s := range selector.FindAllString(expr, -1) {
		if name, _, _ := strings.Cut(s, "{"); !labelsOnly.MatchString(name) {
			names = append(names, name)
		}
	}
	return names
}

// answer is what Prometheus says.
type answer struct {
	Status, Error string
	Data          json.RawMessage
}

// ask returns how many series a query has.
func (w watch) ask(expr string) (int, error) {
	w.t.Helper()
	var a answer
	if !w.get("prometheus:9090", "/api/v1/query?query="+url.QueryEscape(expr), &a) {
		return 0, fmt.Errorf("no answer")
	}
	if a.Status != "success" {
		return 0, fmt.Errorf("%s", a.Error)
	}
	var data struct{ Result []json.RawMessage }
	if err := json.Unmarshal(a.Data, &data); err != nil {
		return 0, err
	}
	return len(data.Result), nil
}

// rules asks Prometheus how it fares with the rules: each was evaluated without an error,
// and in a healthy picture no alert fires.
func (w watch) rules() {
	w.t.Helper()
	type rule struct{ Name, Health, LastError, State string }
	var evaluated []rule
	w.await("all rules are evaluated", func() (bool, string) {
		var a answer
		var data struct {
			Groups []struct{ Rules []rule }
		}
		if !w.get("prometheus:9090", "/api/v1/rules", &a) || json.Unmarshal(a.Data, &data) != nil {
			return false, "no answer"
		}
		evaluated = nil
		for _, g := range data.Groups {
			evaluated = append(evaluated, g.Rules...)
		}
		unknown := slices.ContainsFunc(evaluated, func(r rule) bool { return r.Health == "unknown" })
		return len(evaluated) > 0 && !unknown, fmt.Sprint(evaluated)
	})
	wanted := 0
	for _, name := range []string{"recording.yaml", "alerts.yaml"} {
		for _, g := range rules(w.t, name).Groups {
			wanted += len(g.Rules)
		}
	}
	if len(evaluated) != wanted {
		w.t.Errorf("Prometheus has %d rules, want %d", len(evaluated), wanted)
	}
	for _, r := range evaluated {
		if r.Health != "ok" || r.State == "firing" {
			w.t.Errorf("%s is %s %s: %s", r.Name, r.Health, r.State, r.LastError)
		}
	}
}

// TestSeldomAreNames: each metric that may be absent is one that the code has, so that no
// mistyped name is excused, and one that something asks for.
func TestSeldomAreNames(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	for _, q := range slices.Concat(ruleQueries(t), dashboardQueries(t)) {
		for _, name := range metricsOf(q.expr) {
			asked[name] = true
		}
	}
	code := metricsInCode(t)
	for _, name := range slices.Sorted(maps.Keys(seldom)) {
		if !asked[name] {
			t.Errorf("nothing asks for %s", name)
		}
		if strings.HasPrefix(name, "kubelet_") || strings.Contains(name, ":") {
			continue
		}
		bare := strings.TrimSuffix(strings.TrimSuffix(name, "_total"), "_seconds")
		if !code[bare] {
			t.Errorf("the code has no metric %s", name)
		}
	}
}

// metricsInCode are the names of the worker's metrics as Prometheus spells them, without
// unit and type.
func metricsInCode(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	quoted := regexp.MustCompile(`"(muster(?:\.[a-z_]+)+)"`)
	for _, dir := range []string{"consumer", "membership", "membership/repartition", "uploader", "uploader/facebook", "cmd/internal/worker"} {
		files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
				names[strings.ReplaceAll(m[1], ".", "_")] = true
			}
		}
	}
	return names
}
