// Package cmd_test holds what concerns all packages at once.
package cmd_test

import (
	"bufio"
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "muster/"

// arrow is a dependency that must not be, direct or through others.
type arrow struct {
	from    string // package of this module; with /… those below it too
	to      string // likewise, or a package of somebody else
	but     []string
	because string
}

var arrows = []arrow{
	{from: "schema/…", to: "muster/…", but: []string{"muster/schema/…"},
		because: "schema says what bytes mean, as pure functions; everything stands on it"},
	{from: "consumer", to: "muster/…", but: []string{"muster/consumer"},
		because: "the engine knows no audiences: what a stage is must be visible in its Processor alone"},
	{from: "consumer/…", to: "muster/…", but: []string{"muster/consumer/…"},
		because: "test doubles of the engine know no audiences either"},
	{from: "membership", to: "muster/uploader/…",
		because: "the stages meet in muster.members and in schema, so that either can be replaced, stopped or replayed alone"},
	{from: "membership", to: "muster/membership/repartition",
		because: "membership reads events from a topic; who wrote them there is not its business"},
	{from: "membership/repartition", to: "muster/…", but: []string{"muster/consumer/…", "muster/schema/…"},
		because: "keying events by user needs no profiles"},
	{from: "uploader", to: "muster/membership/…",
		because: "the stages meet in muster.members and in schema, so that either can be replaced, stopped or replayed alone"},
	{from: "uploader/facebook/…", to: "muster/consumer/…",
		because: "the Graph client is one HTTP call an attempt; when to call is the stage's business"},
	{from: "uploader/facebook/…", to: "muster/uploader",
		because: "the client does not know who uses it"},
	{from: "uploader/facebook/…", to: "muster/membership/…",
		because: "the client knows rows, not profiles"},
	{from: "uploader/facebook/graphtest", to: "muster/…", but: []string{"muster/uploader/facebook/graphtest"},
		because: "an emulator that shared code with the client would share its mistakes"},
	{from: "schema/…", to: "muster/cmd/…", because: "nothing imports cmd"},
	{from: "consumer/…", to: "muster/cmd/…", because: "nothing imports cmd"},
	{from: "membership/…", to: "muster/cmd/…", because: "nothing imports cmd"},
	{from: "uploader/…", to: "muster/cmd/…", because: "nothing imports cmd"},
	{from: "cmd/internal/model", to: "muster/…", but: []string{"muster/cmd/internal/model/…"},
		because: "a model that shared code with what it judges would agree with its mistakes"},
	{from: "cmd/internal/config", to: "muster/…", but: []string{"muster/cmd/internal/config", "muster/schema/…"},
		because: "a configuration can be checked without anything that would run"},
	{from: "cmd/internal/worker", to: "muster/uploader/facebook/graphtest", because: "the worker talks to the real Facebook or to what it is handed"},
	{from: "cmd/internal/worker", to: "github.com/twmb/franz-go/…", because: "the worker talks to a real broker or to what it is handed"},
	{from: "cmd/muster", to: "muster/uploader/facebook/graphtest", because: "the worker's binary holds no emulator"},
	{from: "cmd/muster", to: "github.com/twmb/franz-go/…", because: "the worker's binary holds no emulated broker"},
	{from: "cmd/muster", to: "muster/consumer/consumertest", because: "the worker's binary holds no test doubles"},
	{from: "cmd/muster", to: "muster/consumer/kafkatest", because: "the worker's binary holds no test doubles"},
	{from: "cmd/muster", to: "github.com/Shopify/toxiproxy/v2/…", because: "the worker's binary holds no proxy that breaks connections"},
	{from: "cmd/muster", to: "muster/cmd/internal/model", because: "the worker's binary makes nobody up"},
	{from: "cmd/sample-producer", to: "muster/…", but: []string{"muster/cmd/internal/model"},
		because: "it stands for a customer-data platform, which knows nothing of Muster"},
	{from: "cmd/torture", to: "muster/…", but: []string{
		"muster/cmd/internal/config", "muster/cmd/internal/model", "muster/consumer/kafkatest", "muster/schema/…", "muster/uploader/facebook/graphtest",
	}, because: "what judges the worker runs it as a process and shares no more with it than names and the partition of an audience"},
	{from: "cmd/internal/page", to: "muster/cmd/internal/worker", because: "the page shows what a board holds; who reads it from where is not its business"},
	{from: "cmd/internal/status", to: "muster/cmd/…", but: []string{"muster/cmd/internal/status"},
		because: "what is shown is put together once, for the page and for the terminal"},
	{from: "cmd/muster", to: "github.com/chromedp/…", because: "the worker's binary drives no browser"},
	{from: "cmd/muster", to: "testing", because: "the worker's binary holds nothing of tests"},
}

// covers reports whether pattern, a path or a path/… , names the package.
func covers(pattern, pkg string) bool {
	if parent, ok := strings.CutSuffix(pattern, "/…"); ok {
		return pkg == parent || strings.HasPrefix(pkg, parent+"/")
	}
	return pkg == pattern
}

// TestArrows holds the import arrows of ARCHITECTURE.md.
func TestArrows(t *testing.T) {
	t.Parallel()
	deps := dependencies(t)
	for _, a := range arrows {
		met := false
		for pkg, all := range deps {
			if !covers(module+a.from, pkg) {
				continue
			}
			met = true
			for _, dep := range all {
				allowed := dep == pkg || slices.ContainsFunc(a.but, func(b string) bool { return covers(b, dep) })
				if covers(a.to, dep) && !allowed {
					t.Errorf("%s depends on %s, but must not: %s", pkg, dep, a.because)
				}
			}
		}
		if !met {
			t.Errorf("no package is %s: correct the arrow to %s", a.from, a.to)
		}
	}
}

// TestArrowsSee guards the test itself: these dependencies are there and would
// be found.
func TestArrowsSee(t *testing.T) {
	t.Parallel()
	deps := dependencies(t)
	for from, to := range map[string]string{
		"muster/cmd/muster":         "muster/schema",
		"muster/membership":         "muster/consumer",
		"muster/cmd/graph-emulator": "muster/uploader/facebook/graphtest",
	} {
		if !slices.Contains(deps[from], to) {
			t.Errorf("%s is not seen to depend on %s", from, to)
		}
	}
}

// dependencies are, for each package of the module, all it is linked with.
func dependencies(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}}{{range .Deps}} {{.}}{{end}}`, "./...")
	cmd.Dir = ".." // the module's root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list packages: %v\n%s", err, stderr.String())
	}
	deps := map[string][]string{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		deps[fields[0]] = fields[1:]
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return deps
}
