package graphtest

import (
	"go/build"
	"strings"
	"testing"
)

// TestIndependence: an emulator that shares code with the client cannot catch its mistakes.
func TestIndependence(t *testing.T) {
	t.Parallel()
	pkg, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(pkg.Imports) == 0 {
		t.Fatal("no imports found, so nothing was tested")
	}
	for _, path := range pkg.Imports {
		if strings.HasPrefix(path, "muster/") {
			t.Errorf("graphtest imports %s", path)
		}
	}
}
