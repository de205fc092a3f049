package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/goccy/go-yaml"
)

const root = ".."

// composeFile reads docker-compose.yml as docker compose does, with an empty environment.
func composeFile(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, cli.WithEnv(nil), cli.WithDiscardEnvFile)
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// pinned is a tag that names one version to the patch.
var pinned = regexp.MustCompile(`:v?\d+\.\d+\.\d+$`)

func TestComposeImages(t *testing.T) {
	t.Parallel()
	stages := dockerfile(t)
	for name, s := range composeFile(t).Services {
		switch {
		case s.Build == nil:
			if !pinned.MatchString(s.Image) {
				t.Errorf("%s: image %q is not pinned to a version", name, s.Image)
			}
		case s.Build.Target == "" || stages[s.Build.Target] == nil:
			t.Errorf("%s: deploy/Dockerfile has no target %q", name, s.Build.Target)
		case s.Build.Dockerfile != "deploy/Dockerfile" || !sameFile(t, s.Build.Context, root):
			t.Errorf("%s: built from %s in %s, want deploy/Dockerfile in the root of the repository", name, s.Build.Dockerfile, s.Build.Context)
		}
	}
}

// TestComposeHas says what has to be there for `docker compose up` to show something.
func TestComposeHas(t *testing.T) {
	t.Parallel()
	services := composeFile(t).Services
	for service, image := range map[string]string{
		"kafka": "apache/kafka", "otel-collector": "otel/opentelemetry-collector", "jaeger": "jaegertracing/jaeger",
		"prometheus": "prom/prometheus", "grafana": "grafana/grafana",
	} {
		if got, _, _ := strings.Cut(services[service].Image, ":"); got != image {
			t.Errorf("%s is of image %q, want %s", service, got, image)
		}
	}
	for service, target := range map[string]string{
		"sources": "sample-producer", "sample-producer": "sample-producer", "graph-emulator": "graph-emulator",
		"muster-a": "muster", "muster-b": "muster",
	} {
		if b := services[service].Build; b == nil || b.Target != target {
			t.Errorf("%s is not built as target %s", service, target)
		}
	}
}

// TestComposeIsPrivate: ports are published to this machine only, and our own containers
// can write to nothing but their volume.
func TestComposeIsPrivate(t *testing.T) {
	t.Parallel()
	published := map[string]string{}
	for name, s := range composeFile(t).Services {
		for _, p := range s.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes port %s to %q, want 127.0.0.1", name, p.Published, p.HostIP)
			}
			if other := published[p.Published]; other != "" {
				t.Errorf("%s and %s publish port %s", other, name, p.Published)
			}
			published[p.Published] = name
		}
		if s.Build != nil && (!s.ReadOnly || !slices.Contains(s.CapDrop, "ALL")) {
			t.Errorf("%s needs read_only and cap_drop: [ALL]", name)
		}
	}
}

// TestComposeVolumes: every file that is mounted is there, and every state directory is
// one replica's.
func TestComposeVolumes(t *testing.T) {
	t.Parallel()
	project := composeFile(t)
	owner := map[string]string{}
	for name, s := range project.Services {
		for _, v := range s.Volumes {
			switch v.Type {
			case types.VolumeTypeBind:
				if _, err := os.Stat(v.Source); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if !v.ReadOnly {
					t.Errorf("%s can write to %s", name, v.Source)
				}
			case types.VolumeTypeVolume:
				if _, ok := project.Volumes[v.Source]; !ok || owner[v.Source] != "" {
					t.Errorf("%s: volume %s is not declared, or is that of %q too", name, v.Source, owner[v.Source])
				}
				owner[v.Source] = name
			}
		}
	}
}

// address finds host:port where the host may be a service.
var address = regexp.MustCompile(`([a-z][a-z0-9-]*):(\d{2,5})\b`)

// ports are what each foreign image listens on; those of ours come from their commands and
// configuration.
var ports = map[string][]string{
	"kafka": {"9092", "9093"}, "otel-collector": {"4318"}, "jaeger": {"4317", "4318", "16686"},
	"prometheus": {"9090"}, "grafana": {"3000"},
}

// TestComposePorts: who is called at host:port, in a command, a variable or a mounted file,
// listens there; so does who publishes a port.
func TestComposePorts(t *testing.T) {
	t.Parallel()
	project := composeFile(t)
	listens := map[string][]string{}
	for name, s := range project.Services {
		listens[name] = slices.Concat(ports[name], listeners(t, s))
		for _, p := range s.Ports {
			if !slices.Contains(listens[name], fmt.Sprint(p.Target)) {
				t.Errorf("%s publishes port %d and listens on %v", name, p.Target, listens[name])
			}
		}
	}
	calls := 0
	for name, s := range project.Services {
		for where, text := range texts(t, s) {
			for _, m := range address.FindAllStringSubmatch(text, -1) {
				if _, service := project.Services[m[1]]; !service {
					continue
				}
				calls++
				if !slices.Contains(listens[m[1]], m[2]) {
					t.Errorf("%s: %s calls %s, which listens on %v", name, where, m[0], listens[m[1]])
				}
			}
		}
	}
	if calls < 10 {
		t.Errorf("found %d addresses of services, want 10 or more: the test looks in the wrong places", calls)
	}
}

// everywhere finds what one of ours listens on: a container is reached from outside only
// when it listens on all addresses.
var everywhere = regexp.MustCompile(`0\.0\.0\.0:(\d+)`)

func listeners(t *testing.T, s types.ServiceConfig) (list []string) {
	if s.Build == nil {
		return nil
	}
	for _, text := range texts(t, s) {
		for _, m := range everywhere.FindAllStringSubmatch(text, -1) {
			list = append(list, m[1])
		}
	}
	return list
}

// texts are all that a service is told: its command, its variables, its mounted files.
func texts(t *testing.T, s types.ServiceConfig) map[string]string {
	t.Helper()
	all := map[string]string{"command": strings.Join(s.Command, "\n")}
	for key, value := range s.Environment {
		if value == nil {
			t.Errorf("%s: variable %s takes its value from outside", s.Name, key)
			continue
		}
		all["variable "+key] = *value
	}
	if s.HealthCheck != nil {
		all["healthcheck"] = strings.Join(s.HealthCheck.Test, "\n")
	}
	for _, v := range s.Volumes {
		if v.Type != types.VolumeTypeBind {
			continue
		}
		for _, path := range filesOf(t, v.Source) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all["file "+path] = string(text)
		}
	}
	return all
}

// filesOf lists a file, or the files right in a directory.
func filesOf(t *testing.T, path string) (list []string) {
	t.Helper()
	if entries, err := os.ReadDir(path); err == nil {
		for _, e := range entries {
			if !e.IsDir() {
				list = append(list, filepath.Join(path, e.Name()))
			}
		}
		return list
	}
	return []string{path}
}

// TestComposeFilesAreYAML: what is mounted can be read.
func TestComposeFilesAreYAML(t *testing.T) {
	t.Parallel()
	for _, s := range composeFile(t).Services {
		for where, text := range texts(t, s) {
			if !strings.HasSuffix(where, ".yaml") {
				continue
			}
			var v map[string]any
			if err := yaml.UnmarshalWithOptions([]byte(text), &v, yaml.Strict()); err != nil {
				t.Errorf("%s: %v", where, err)
			}
		}
	}
}

func sameFile(t *testing.T, a, b string) bool {
	t.Helper()
	one, err := os.Stat(a)
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.Stat(b)
	if err != nil {
		t.Fatal(err)
	}
	return os.SameFile(one, other)
}
