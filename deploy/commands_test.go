package deploy

import (
	"bytes"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

// TestMain removes the programs that tests built.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // Helm logs each link in the chart, each time
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir) // in the system's temporary directory
	}
	os.Exit(code)
}

var built struct {
	sync.Mutex
	dir string
}

// programs builds what the images hold, once, and returns the directory.
func programs(t *testing.T) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if built.dir != "" {
		return built.dir
	}
	dir, err := os.MkdirTemp("", "muster-deploy-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", dir+"/", "./cmd/muster", "./cmd/graph-emulator", "./cmd/sample-producer")
	cmd.Dir = root // by the versions of the worker's own go.mod
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
	built.dir = dir
	return dir
}

// TestComposeCommands: our programs know every command and flag they are given. --help at
// the end has them read the command line, and do nothing.
func TestComposeCommands(t *testing.T) {
	t.Parallel()
	stages := dockerfile(t)
	for name, s := range composeFile(t).Services {
		if s.Build == nil {
			continue
		}
		program, arguments := command(stages[s.Build.Target])
		if s.Command != nil {
			arguments = s.Command
		}
		cmd := exec.Command(filepath.Join(programs(t), filepath.Base(program)), append(arguments, "--help")...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %v\n%s", name, arguments, err, out)
		}
	}
}

// TestComposeVariables: a worker knows every MUSTER_ variable it is given, and with them
// and the mounted file its configuration is whole.
func TestComposeVariables(t *testing.T) {
	t.Parallel()
	muster := filepath.Join(programs(t), "muster")
	keys, err := exec.Command(muster, "config", "keys").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range composeFile(t).Services {
		if s.Build == nil || s.Build.Target != "muster" {
			continue
		}
		for variable := range s.Environment {
			known := regexp.MustCompile(`(?m)^  variable +` + regexp.QuoteMeta(variable) + `$`).Match(keys)
			if !known && !strings.HasPrefix(variable, "OTEL_") {
				t.Errorf("%s: variable %s is no key", name, variable)
			}
		}
		cmd := exec.Command(muster, "config", "check", "--config", source(t, s, "/etc/muster/muster.yaml"))
		cmd.Env = environment(s)
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("ok")) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestComposeState: the state directory is the volume, as is the image's.
func TestComposeState(t *testing.T) {
	t.Parallel()
	for name, s := range composeFile(t).Services {
		if s.Build == nil || s.Build.Target != "muster" {
			continue
		}
		cmd := exec.Command(filepath.Join(programs(t), "muster"), "config", "check", "--show", "--config", source(t, s, "/etc/muster/muster.yaml"))
		cmd.Env = environment(s)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		dir := regexp.MustCompile(`(?m)^state_dir: (\S+)`).FindSubmatch(out)
		if dir == nil {
			t.Fatalf("%s: no state_dir in\n%s", name, out)
		}
		mounted := false
		for _, v := range s.Volumes {
			mounted = mounted || v.Type == types.VolumeTypeVolume && v.Target == string(dir[1])
		}
		if !mounted {
			t.Errorf("%s: no volume is mounted at its state_dir %s", name, dir[1])
		}
	}
}

// source is the file that a service mounts at a path.
func source(t *testing.T, s types.ServiceConfig, target string) string {
	t.Helper()
	for _, v := range s.Volumes {
		if v.Target == target {
			return v.Source
		}
	}
	t.Fatalf("%s mounts nothing at %s", s.Name, target)
	return ""
}

func environment(s types.ServiceConfig) (list []string) {
	for key, value := range s.Environment {
		list = append(list, key+"="+*value)
	}
	return list
}
