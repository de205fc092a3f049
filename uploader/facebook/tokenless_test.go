package facebook

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoTokenSaysWhatToDo: of a block only title and remedy are shown, so they must
// do for a token that is not there, too.
func TestNoTokenSaysWhatToDo(t *testing.T) {
	t.Parallel()
	client, err := New(Options{TokenSource: TokenFromFile(filepath.Join(t.TempDir(), "token"))})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	_, err = client.DeleteAudience(t.Context(), "123")
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Class != Reauth || e.Scope != ScopeApp || !strings.Contains(e.Title, "token") || !strings.Contains(e.Remedy, "muster auth login") {
		t.Errorf("got %+v", err)
	}
	if _, ok := errors.AsType[*TokenError](err); !ok {
		t.Errorf("the cause is not told: %v", err)
	}
	if _, err := client.InspectToken(t.Context()); ClassOf(err) != Reauth {
		t.Errorf("inspect: %v", err)
	}
}
