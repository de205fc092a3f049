package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// dockerfile reads deploy/Dockerfile as BuildKit does: its stages by name.
func dockerfile(t *testing.T) map[string]*instructions.Stage {
	t.Helper()
	f, err := os.Open("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ast, err := parser.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	stages, _, err := instructions.Parse(ast.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	byName := make(map[string]*instructions.Stage, len(stages))
	for i := range stages {
		byName[stages[i].Name] = &stages[i]
	}
	return byName
}

// command is what a stage runs: the program's path and the arguments it has by itself.
func command(stage *instructions.Stage) (program string, arguments []string) {
	for _, c := range stage.Commands {
		switch c := c.(type) {
		case *instructions.EntrypointCommand:
			program = c.CmdLine[0]
		case *instructions.CmdCommand:
			arguments = c.CmdLine
		}
	}
	return program, arguments
}

// images are the targets that are pushed or run.
var images = []string{"muster", "graph-emulator", "sample-producer"}

// TestDockerfile: each image has its program where it looks for it, is not root by number,
// and stands on a base that is pinned.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	stages := dockerfile(t)
	for _, name := range []string{"build", "base"} {
		if base := stages[name].BaseName; !pinned.MatchString(base) && !strings.Contains(base, "@sha256:") &&
			!regexp.MustCompile(`:\d+\.\d+\.\d+-`).MatchString(base) {
			t.Errorf("%s stands on %s, which is not pinned", name, base)
		}
	}
	for _, name := range images {
		stage := stages[name]
		if stage == nil {
			t.Errorf("no target %s", name)
			continue
		}
		program, _ := command(stage)
		copied, user := false, ""
		for _, c := range stage.Commands {
			switch c := c.(type) {
			case *instructions.CopyCommand:
				copied = copied || c.DestPath == program && slices.Equal(c.SourcePaths, []string{"/out/" + name})
			case *instructions.UserCommand:
				user = c.User
			}
		}
		if stage.BaseName != "base" || !copied || user != "65532:65532" || filepath.Base(program) != name {
			t.Errorf("%s: base %s, program %s copied %t, user %s", name, stage.BaseName, program, copied, user)
		}
	}
}

// TestDockerfileBuilds: what it compiles is there, with the Go that the module asks for,
// and linked as a release.
func TestDockerfileBuilds(t *testing.T) {
	t.Parallel()
	stage := dockerfile(t)["build"]
	var script string
	for _, c := range stage.Commands {
		switch c := c.(type) {
		case *instructions.RunCommand:
			script += strings.Join(c.CmdLine, " ") + "\n"
		case *instructions.CopyCommand:
			for _, path := range c.SourcePaths {
				if _, err := os.Stat(filepath.Join(root, path)); err != nil {
					t.Errorf("COPY: %v", err)
				}
			}
		}
	}
	packages := regexp.MustCompile(`\./cmd/[a-z-]+`).FindAllString(script, -1)
	if len(packages) != len(images) {
		t.Errorf("it builds %v, want %v", packages, images)
	}
	for _, path := range packages {
		if _, err := os.Stat(filepath.Join(root, path, "main.go")); err != nil {
			t.Error(err)
		}
	}
	version, err := os.ReadFile(filepath.Join(root, "cmd/muster/version.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(script, "-X main.release=") || !strings.Contains(string(version), "var release string") {
		t.Error("the version is not linked to main.release of cmd/muster")
	}
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(module))[1]
	if !strings.HasPrefix(stage.BaseName, "golang:"+wanted+".") {
		t.Errorf("it builds with %s, go.mod asks for %s", stage.BaseName, wanted)
	}
}
