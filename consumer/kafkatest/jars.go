package kafkatest

import (
	"context"
	"crypto/sha256"
	_ "embed" // for pom.xml
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

//go:embed pom.xml
var pom []byte

// errMissing says that the machine lacks what a real broker needs.
var errMissing = errors.New("a real Kafka needs Java 17 and Maven on the path")

// fetchTimeout bounds Maven's work, about 45 MB to load.
const fetchTimeout = 5 * time.Minute

// fetchJars returns the directory with the broker's jars, and has Maven fill it
// when this version of pom.xml is new to the machine.
func fetchJars() (string, error) {
	for _, tool := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("%w: %w", errMissing, err)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory: %w", err)
	}
	sum := sha256.Sum256(pom)
	root := filepath.Join(cache, "muster", "kafkatest")
	jars := filepath.Join(root, hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", fmt.Errorf("make the cache of jars: %w", err)
	}
	unlock, err := lockedfile.MutexAt(jars + ".lock").Lock()
	if err != nil {
		return "", fmt.Errorf("lock the cache of jars: %w", err)
	}
	defer unlock()
	if _, err := os.Stat(jars); err == nil {
		return jars, nil
	}
	return jars, copyDependencies(root, jars)
}

// copyDependencies fills a directory beside jars and renames it when it is
// complete, so that jars never exists half filled.
func copyDependencies(root, jars string) error {
	work, err := os.MkdirTemp(root, "fetch-")
	if err != nil {
		return fmt.Errorf("make a directory for jars: %w", err)
	}
	defer os.RemoveAll(work)
	if err := os.WriteFile(filepath.Join(work, "pom.xml"), pom, 0o600); err != nil {
		return fmt.Errorf("write pom.xml: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	lib := filepath.Join(work, "lib")
	cmd := exec.CommandContext(ctx, "mvn", "-B", "-q", "dependency:copy-dependencies", "-DoutputDirectory="+lib)
	cmd.Dir = work
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("copy Kafka's jars by Maven: %w\n%s", err, out)
	}
	if err := os.Rename(lib, jars); err != nil {
		return fmt.Errorf("keep Kafka's jars: %w", err)
	}
	return nil
}
