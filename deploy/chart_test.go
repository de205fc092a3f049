package deploy

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/yannh/kubeconform/pkg/validator"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

const (
	chartDir = "helm/muster"
	// schemas are committed; `make deploy-schemas` makes them.
	schemas = "helm/schemas/{{.ResourceKind}}{{.KindSuffix}}.json"
)

// valuesFiles are the installations that the chart is tried with.
var valuesFiles = []string{"minimal", "full", "keda", "membership"}

type object = map[string]any

// manifest is one object of a rendered chart.
type manifest struct {
	text string
	object
}

// render makes what helm install would send, by kind and name, with some values.
func render(t *testing.T, values object) (map[string]manifest, error) {
	t.Helper()
	c := loadChart(t)
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "muster", Namespace: "audiences", IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(c, all)
	if err != nil {
		return nil, err
	}
	made := map[string]manifest{}
	for file, text := range files {
		if strings.HasSuffix(file, "NOTES.txt") {
			made["NOTES"] = manifest{text: text}
			continue
		}
		for _, part := range regexp.MustCompile(`(?m)^---$`).Split(text, -1) {
			if strings.TrimSpace(part) == "" {
				continue
			}
			m := manifest{text: part}
			if err := yaml.UnmarshalWithOptions([]byte(part), &m.object, yaml.Strict()); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if m.object == nil {
				continue // comments only
			}
			made[fmt.Sprint(m.object["kind"], "/", at(m.object, "metadata", "name"))] = m
		}
	}
	return made, nil
}

func loadChart(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.LoadDir(chartDir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// values reads a file of values.
func values(t *testing.T, name string) object {
	t.Helper()
	v, err := chartutil.ReadValuesFile(filepath.Join(chartDir, "ci", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func rendered(t *testing.T, name string) map[string]manifest {
	t.Helper()
	made, err := render(t, values(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return made
}

// at walks down objects and lists.
func at(v any, path ...any) any {
	for _, step := range path {
		switch x := v.(type) {
		case object:
			v = x[fmt.Sprint(step)]
		case []any:
			i, ok := step.(int)
			if !ok || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// TestChartSchemas holds everything that is rendered against the schemas of Kubernetes,
// KEDA and the Prometheus operator.
func TestChartSchemas(t *testing.T) {
	t.Parallel()
	v, err := validator.New([]string{schemas}, validator.Opts{Strict: true, KubernetesVersion: "1.36.3"})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, name := range valuesFiles {
		for id, m := range rendered(t, name) {
			if id == "NOTES" {
				continue
			}
			kinds[strings.ToLower(fmt.Sprint(m.object["kind"]))] = true
			for _, r := range v.Validate(name, io.NopCloser(strings.NewReader(m.text))) {
				if r.Status != validator.Valid {
					t.Errorf("%s: %s: %v\n%s", name, id, r.Err, m.text)
				}
			}
		}
	}
	files, err := filepath.Glob("helm/schemas/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if kind, _, _ := strings.Cut(filepath.Base(file), "-"); !kinds[strings.TrimSuffix(kind, ".json")] {
			t.Errorf("%s: no values file renders such an object", file)
		}
	}
	// A schema that took everything would let everything pass.
	for _, wrong := range []string{
		"apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {selektor: {a: b}}\n",
		"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: x}\nspec: {replicas: two}\n",
		"apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: x}\nspec: {scaleTargetRef: {name: x}, triggers: [], minReplicas: 1}\n",
		"apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: x}\nspec: {selector: {}, endpoints: [{prot: http}]}\n",
	} {
		for _, r := range v.Validate("wrong", io.NopCloser(strings.NewReader(wrong))) {
			if r.Status == validator.Valid {
				t.Errorf("this passes:\n%s", wrong)
			}
		}
	}
}

// TestChartRefuses: values that would not work are refused before anything is sent.
func TestChartRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(object){
		"no brokers":        func(v object) { at(v, "config", "kafka").(object)["brokers"] = []any{} },
		"no sources":        func(v object) { at(v, "config").(object)["sources"] = []any{} },
		"a token in config": func(v object) { at(v, "config", "facebook").(object)["access_token"] = "x" },
		"a password in config": func(v object) {
			at(v, "config", "kafka").(object)["sasl"] = object{"mechanism": "plain", "username": "u", "password": "x"}
		},
		"the page's token in config": func(v object) { at(v, "config").(object)["page"] = object{"token": "0123456789abcdef"} },
		"a mistyped key":             func(v object) { v["replica"] = 3 },
		"no time to drain":           func(v object) { v["terminationGracePeriodSeconds"] = 5 },
		"the tag latest":             func(v object) { v["image"] = object{"repository": "muster", "tag": "latest"} },
		"replicas as a text":         func(v object) { v["replicas"] = "3" },
	} {
		v := values(t, "minimal")
		change(v)
		if _, err := render(t, v); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

// TestChartConfig: the configuration that a pod gets is whole, by the worker's own
// judgement, with each secret where the pod mounts it.
func TestChartConfig(t *testing.T) {
	t.Parallel()
	for _, name := range valuesFiles {
		made := rendered(t, name)
		text, _ := at(made["ConfigMap/muster"].object, "data", "muster.yaml").(string)
		pod := at(made["StatefulSet/muster"].object, "spec", "template", "spec")
		dir := t.TempDir()
		mounted := map[string]bool{}
		for _, source := range at(pod, "volumes", 1, "projected", "sources").([]any) {
			for _, item := range at(source, "secret", "items").([]any) {
				path := fmt.Sprint(at(item, "path"))
				mounted[path] = true
				if err := os.WriteFile(filepath.Join(dir, path), []byte("a secret of sixteen bytes and more"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, m := range regexp.MustCompile(`/etc/muster/secrets/(\S+)`).FindAllStringSubmatch(text, -1) {
			if !mounted[m[1]] {
				t.Errorf("%s: muster.yaml reads %s, which is not mounted", name, m[0])
			}
			delete(mounted, m[1])
		}
		if len(mounted) > 0 {
			t.Errorf("%s: muster.yaml does not read %v", name, mounted)
		}
		path := filepath.Join(dir, "muster.yaml")
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "/etc/muster/secrets", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(filepath.Join(programs(t), "muster"), "config", "check", "--config", path)
		cmd.Env = []string{}
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.HasPrefix(out, []byte("ok")) {
			t.Errorf("%s: %v\n%s\n%s", name, err, out, text)
		}
		if !strings.Contains(text, "state_dir: /var/lib/muster") || !strings.Contains(text, "listen: 0.0.0.0:8080") {
			t.Errorf("%s: state_dir or http.listen are not those of the pod:\n%s", name, text)
		}
	}
}

// TestChartPod: the pod runs a command that the worker knows, asks for paths that it
// serves, has time to drain, and may do as little as possible.
func TestChartPod(t *testing.T) {
	t.Parallel()
	server, err := os.ReadFile(filepath.Join(root, "cmd/internal/worker/http.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range valuesFiles {
		made := rendered(t, name)
		spec := at(made["StatefulSet/muster"].object, "spec")
		pod := at(spec, "template", "spec")
		container := at(pod, "containers", 0)
		var args []string
		for _, a := range at(container, "args").([]any) {
			args = append(args, fmt.Sprint(a))
		}
		if out, err := exec.Command(filepath.Join(programs(t), "muster"), append(args, "--help")...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %v\n%s", name, args, err, out)
		}
		for _, probe := range []string{"startupProbe", "livenessProbe", "readinessProbe"} {
			path := at(container, probe, "httpGet", "path")
			if !strings.Contains(string(server), fmt.Sprintf(`"GET %s"`, path)) {
				t.Errorf("%s: %s asks for %v, which the worker does not serve", name, probe, path)
			}
		}
		wanted := map[string]any{
			"runAsNonRoot": true, "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false, "seccomp": "RuntimeDefault",
			"drop": "[ALL]", "token": false, "mode": uint64(0o440), "state": "/var/lib/muster", "port": uint64(8080),
		}
		got := map[string]any{
			"runAsNonRoot":             at(pod, "securityContext", "runAsNonRoot"),
			"readOnlyRootFilesystem":   at(container, "securityContext", "readOnlyRootFilesystem"),
			"allowPrivilegeEscalation": at(container, "securityContext", "allowPrivilegeEscalation"),
			"seccomp":                  at(pod, "securityContext", "seccompProfile", "type"),
			"drop":                     fmt.Sprint(at(container, "securityContext", "capabilities", "drop")),
			"token":                    at(pod, "automountServiceAccountToken"),
			"mode":                     at(pod, "volumes", 1, "projected", "defaultMode"),
			"state":                    at(container, "volumeMounts", 0, "mountPath"),
			"port":                     at(container, "ports", 0, "containerPort"),
		}
		for what, want := range wanted {
			if got[what] != want {
				t.Errorf("%s: %s is %v, want %v", name, what, got[what], want)
			}
		}
		if grace, _ := at(pod, "terminationGracePeriodSeconds").(uint64); grace < 20 {
			t.Errorf("%s: %d s from SIGTERM to SIGKILL; a replica drains for up to 10", name, grace)
		}
		// Whoever selects pods selects these.
		labels := at(spec, "template", "metadata", "labels").(object)
		for id, path := range map[string][]any{
			"StatefulSet/muster": {"spec", "selector", "matchLabels"}, "Service/muster-headless": {"spec", "selector"},
			"Service/muster-metrics": {"spec", "selector"}, "PodDisruptionBudget/muster": {"spec", "selector", "matchLabels"},
			"NetworkPolicy/muster": {"spec", "podSelector", "matchLabels"}, "Service/muster-page": {"spec", "selector"},
		} {
			if id == "Service/muster-page" && made[id].object == nil && name != "full" {
				continue // no token, no page
			}
			selected, _ := at(made[id].object, path...).(object)
			if len(selected) == 0 {
				t.Errorf("%s: %s selects everything or is missing", name, id)
			}
			for key, value := range selected {
				if labels[key] != value {
					t.Errorf("%s: %s wants %s=%v, the pod has %v", name, id, key, value, labels[key])
				}
			}
		}
	}
}

// TestChartRules: the rules and dashboards are those of this directory, the windows' length
// and the place of the runbooks apart.
func TestChartRules(t *testing.T) {
	t.Parallel()
	made := rendered(t, "full")
	var got ruleFile
	text, err := yaml.Marshal(made["PrometheusRule/muster"].object["spec"])
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := slices.Concat(rules(t, "recording.yaml").Groups, rules(t, "alerts.yaml").Groups)
	if len(got.Groups) != len(want) {
		t.Fatalf("%d groups, want %d", len(got.Groups), len(want))
	}
	for i, g := range want {
		for j, r := range g.Rules {
			is := got.Groups[i].Rules[j]
			expr := strings.Replace(r.Expr, "> 7200)", "> 1800)", 1)
			if r.Alert == "MusterChangesUnsent" && expr == r.Expr {
				t.Error("MusterChangesUnsent has no threshold for the chart to set")
			}
			if is.Expr != expr || is.Alert != r.Alert || is.Record != r.Record || is.For != r.For || is.Annotations["summary"] != r.Annotations["summary"] {
				t.Errorf("%s%s differs:\n%+v\n%+v", r.Alert, r.Record, is, r)
			}
			if r.Alert != "" && is.Annotations["runbook_url"] != "https://wiki.example.com/muster/"+r.Annotations["runbook_url"] {
				t.Errorf("%s: runbook_url %s", r.Alert, is.Annotations["runbook_url"])
			}
		}
	}
	for _, d := range dashboards(t) {
		text, err := os.ReadFile(filepath.Join("grafana", d.file))
		if err != nil {
			t.Fatal(err)
		}
		if at(made["ConfigMap/muster-dashboards"].object, "data", "muster-"+d.file) != string(text) {
			t.Errorf("dashboard %s is another one", d.file)
		}
	}
}

// TestChartScales: KEDA and not the StatefulSet says how many replicas there are, by the lag
// of the groups that read the sources.
func TestChartScales(t *testing.T) {
	t.Parallel()
	made := rendered(t, "keda")
	if n := at(made["StatefulSet/muster"].object, "spec", "replicas"); n != nil {
		t.Errorf("the StatefulSet wants %v replicas, against KEDA", n)
	}
	scaled := at(made["ScaledObject/muster"].object, "spec")
	if at(scaled, "scaleTargetRef", "kind") != "StatefulSet" || at(scaled, "scaleTargetRef", "name") != "muster" {
		t.Errorf("it scales %v", at(scaled, "scaleTargetRef"))
	}
	watches := func(scaled any, groups ...string) {
		for i, group := range groups {
			if got := at(scaled, "triggers", i, "metadata", "consumerGroup"); got != group {
				t.Errorf("trigger %d watches group %v, want %s", i, got, group)
			}
		}
	}
	watches(scaled, "muster-membership", "muster-membership")
	full := values(t, "full")
	full["autoscaling"] = object{"enabled": true}
	unkeyed, err := render(t, full)
	if err != nil {
		t.Fatal(err)
	}
	watches(at(unkeyed["ScaledObject/muster"].object, "spec"), "audiences-repartition-identify", "audiences-repartition-segment")
	if _, ok := rendered(t, "minimal")["ScaledObject/muster"]; ok {
		t.Error("KEDA is used though it is not asked for")
	}
}

// TestChartNotes: the commands in the notes are the worker's.
func TestChartNotes(t *testing.T) {
	t.Parallel()
	notes := rendered(t, "minimal")["NOTES"].text
	m := regexp.MustCompile(`-- /usr/local/bin/muster (.+)`).FindStringSubmatch(notes)
	if m == nil {
		t.Fatalf("no command in\n%s", notes)
	}
	out, err := exec.Command(filepath.Join(programs(t), "muster"), append(strings.Fields(m[1]), "--help")...).CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", m[1], err, out)
	}
}
