package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"

	"muster/consumer/kafkatest"
)

func TestApacheKafka(t *testing.T) {
	s := sizeOf()
	broker := kafkatest.Start(t)
	w := newWorld(t, broker.Addrs(), broker.Client(t), s, 12)
	scenario(t, w, asProcess(build(t), logDir(t)), s)
}

// build makes the worker's binary.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "muster")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "muster/cmd/muster")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the worker: %v\n%s", err, out)
	}
	return binary
}
