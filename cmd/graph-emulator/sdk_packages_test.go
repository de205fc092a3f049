//go:build sdk

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// installTimeout bounds each SDK's way from its registry.
const installTimeout = 5 * time.Minute

// packages returns the directory with the SDK, in the user's cache, and fills it when these
// versions are new to the machine.
func (s sdk) packages(t *testing.T, program string) string {
	t.Helper()
	sum := sha256.New()
	version, err := exec.Command(s.version[0], s.version[1:]...).Output()
	if err != nil {
		t.Fatalf("%s, which .ci/sdk brings: %v", strings.Join(s.version, " "), err)
	}
	sum.Write(version)
	locks := make(map[string][]byte, len(s.lock))
	for _, name := range s.lock {
		if locks[name], err = os.ReadFile(filepath.Join(program, name)); err != nil {
			t.Fatal(err)
		}
		sum.Write(locks[name])
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(cache, "muster", "sdk")
	dir := filepath.Join(root, s.name+"-"+hex.EncodeToString(sum.Sum(nil)[:8]))
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	unlock, err := lockedfile.MutexAt(dir + ".lock").Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := os.Stat(filepath.Join(dir, "complete")); err == nil {
		return dir
	}
	if err := s.fill(t, dir, locks); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fill installs the packages where they stay, as a Python environment cannot be moved, and
// marks the directory when it is complete.
func (s sdk) fill(t *testing.T, dir string, locks map[string][]byte) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range locks {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), installTimeout)
	defer cancel()
	for _, line := range s.install {
		cmd := exec.CommandContext(ctx, line[0], line[1:]...)
		cmd.Dir, cmd.WaitDelay = dir, time.Second
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("install the SDK by %s: %w\n%s", line[0], err, out)
		}
	}
	return os.WriteFile(filepath.Join(dir, "complete"), nil, 0o600)
}
