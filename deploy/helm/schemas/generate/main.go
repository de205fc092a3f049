// Command generate makes the schemas that the chart is checked against, from what
// Kubernetes and the authors of the custom resources publish as Go modules. It is run by
// `make deploy-schemas`, by hand, when one of the versions below changes; the schemas are
// committed, so that a check needs no network.
//
// A schema is strict: a field that it does not know is an error, as it is to kubectl.
// Descriptions are left out.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
)

const (
	kubernetes = "k8s.io/kubernetes@v1.36.3"
	keda       = "github.com/kedacore/keda/v2@v2.20.2"
	operator   = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
)

// builtin are the kinds of Kubernetes itself that the chart makes.
var builtin = []struct{ file, definition, into string }{
	{"apis__apps__v1", "io.k8s.api.apps.v1.StatefulSet", "statefulset-apps-v1"},
	{"apis__policy__v1", "io.k8s.api.policy.v1.PodDisruptionBudget", "poddisruptionbudget-policy-v1"},
	{"apis__networking.k8s.io__v1", "io.k8s.api.networking.v1.NetworkPolicy", "networkpolicy-networking-v1"},
	{"api__v1", "io.k8s.api.core.v1.Service", "service-v1"},
	{"api__v1", "io.k8s.api.core.v1.ServiceAccount", "serviceaccount-v1"},
	{"api__v1", "io.k8s.api.core.v1.ConfigMap", "configmap-v1"},
}

// custom are the others.
var custom = []struct{ module, path, into string }{
	{keda, "config/crd/bases/keda.sh_scaledobjects.yaml", "scaledobject-keda-v1alpha1"},
	{operator, "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml", "servicemonitor-monitoring-v1"},
	{operator, "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml", "prometheusrule-monitoring-v1"},
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "generate: name the directory to write to")
		os.Exit(2)
	}
	if err := generate(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate(ctx context.Context, into string) error {
	dirs := map[string]string{}
	for _, module := range []string{kubernetes, keda, operator} {
		dir, err := download(ctx, module)
		if err != nil {
			return err
		}
		dirs[module] = dir
	}
	for _, k := range builtin {
		schema, err := fromOpenAPI(filepath.Join(dirs[kubernetes], "api/openapi-spec/v3", k.file+"_openapi.json"), k.definition)
		if err != nil {
			return err
		}
		if err := write(into, k.into, schema); err != nil {
			return err
		}
	}
	for _, k := range custom {
		schema, err := fromCRD(filepath.Join(dirs[k.module], k.path))
		if err != nil {
			return err
		}
		if err := write(into, k.into, schema); err != nil {
			return err
		}
	}
	return nil
}

// download fetches a module, or finds it in the cache, and returns its directory.
func download(ctx context.Context, module string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "mod", "download", "-json", module).Output()
	if err != nil {
		return "", fmt.Errorf("download %s: %w: %s", module, err, out)
	}
	var info struct{ Dir string }
	if err := json.Unmarshal(out, &info); err != nil {
		return "", fmt.Errorf("download %s: %w", module, err)
	}
	return info.Dir, nil
}

type object = map[string]any

// fromOpenAPI takes a definition and all that it refers to.
func fromOpenAPI(path, name string) (object, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Components struct{ Schemas map[string]object }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	definitions := object{}
	var take func(name string) error
	take = func(name string) error {
		if _, taken := definitions[name]; taken {
			return nil
		}
		d, ok := file.Components.Schemas[name]
		if !ok {
			return fmt.Errorf("read %s: no definition %s", path, name)
		}
		definitions[name] = d
		for _, other := range strict(d) {
			if err := take(other); err != nil {
				return err
			}
		}
		return nil
	}
	if err := take(name); err != nil {
		return nil, err
	}
	return object{"$ref": "#/definitions/" + name, "definitions": definitions}, nil
}

// fromCRD takes the schema of the newest version that is served.
func fromCRD(path string) (object, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Storage bool
				Schema  struct {
					Schema object `yaml:"openAPIV3Schema"`
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	for _, v := range crd.Spec.Versions {
		if v.Storage {
			strict(v.Schema.Schema)
			return v.Schema.Schema, nil
		}
	}
	return nil, fmt.Errorf("read %s: no version is stored", path)
}

// strict drops descriptions, closes objects, has references point to definitions, and
// returns the names that they point to.
func strict(v any) (names []string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			names = append(names, strict(x)...)
		}
	case object:
		if _, text := v["description"].(string); text {
			delete(v, "description")
		}
		if ref, ok := v["$ref"].(string); ok {
			name := strings.TrimPrefix(ref, "#/components/schemas/")
			v["$ref"] = "#/definitions/" + name
			names = append(names, name)
		}
		_, listed := v["properties"].(object)
		_, more := v["additionalProperties"]
		if open, _ := v["x-kubernetes-preserve-unknown-fields"].(bool); listed && !more && !open && v["type"] == "object" {
			v["additionalProperties"] = false
		}
		if whole, _ := v["x-kubernetes-int-or-string"].(bool); whole {
			delete(v, "type")
		}
		for _, x := range v {
			names = append(names, strict(x)...)
		}
	}
	return names
}

func write(dir, name string, schema object) error {
	schema["$schema"] = "http://json-schema.org/draft-07/schema#"
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	if err := out.Encode(schema); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.WriteFile(filepath.Join(dir, name+".json"), b.Bytes(), 0o644)
}
