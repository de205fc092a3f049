package facebook

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTokenFromFile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, want string
		problem          string
	}{
		{name: "as it is", text: "EAAabc", want: "EAAabc"},
		{name: "white space around", text: " \n EAAabc\r\n", want: "EAAabc"},
		{name: "empty", text: " \n", problem: "empty"},
		{name: "two lines", text: "EAAabc\nEAAdef", problem: "characters"},
		{name: "not ASCII", text: "EAAé", problem: "characters"},
		{name: "a whole file", text: strings.Repeat("a", maxTokenBytes+1), problem: "too long"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "token")
			write(t, path, test.text)
			token, err := TokenFromFile(path).Token()
			if test.problem != "" {
				var e *TokenError
				if !errors.As(err, &e) || !strings.Contains(e.Problem, test.problem) || e.Remedy == "" {
					t.Fatalf("error %v, want a *TokenError about %q", err, test.problem)
				}
				if strings.Contains(err.Error(), "EAA") {
					t.Errorf("a part of the file in %q", err)
				}
				return
			}
			if err != nil || token.AccessToken != test.want {
				t.Errorf("token %v, %v", token, err)
			}
		})
	}
}

func TestTokenFileChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := filepath.Join(dir, "token")
	write(t, filepath.Join(dir, "one"), "first")
	write(t, filepath.Join(dir, "two"), "secnd") // same length
	swap := func(name string) {
		t.Helper()
		next := filepath.Join(dir, "next")
		if err := errors.Join(os.Symlink(name, next), os.Rename(next, link)); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		source := TokenFromFile(link)
		expect := func(want string) {
			t.Helper()
			token, err := source.Token()
			if err != nil || token.AccessToken != want {
				t.Fatalf("token %v, %v; want %q", token, err, want)
			}
		}
		if _, err := source.Token(); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("missing file: %v", err)
		}
		swap("one")
		time.Sleep(tokenRecheck)
		expect("first")
		swap("two")
		expect("first") // looked at less than a second ago
		time.Sleep(tokenRecheck)
		expect("secnd")
		write(t, filepath.Join(dir, "two"), "third") // in place
		time.Sleep(tokenRecheck)
		expect("third")
		write(t, filepath.Join(dir, "two"), "")
		time.Sleep(tokenRecheck)
		expect("third") // being rewritten, perhaps
		time.Sleep(tokenGrace)
		if _, err := source.Token(); err == nil {
			t.Fatal("an empty file still gives a token after the grace")
		}
		write(t, filepath.Join(dir, "two"), "fourth")
		time.Sleep(tokenRecheck)
		expect("fourth")
	})
}

func TestTokenFromEnv(t *testing.T) {
	t.Setenv("MUSTER_TEST_TOKEN", " EAAabc\n")
	if token, err := TokenFromEnv("MUSTER_TEST_TOKEN").Token(); err != nil || token.AccessToken != "EAAabc" {
		t.Errorf("token %v, %v", token, err)
	}
	var e *TokenError
	if _, err := TokenFromEnv("MUSTER_TEST_NO_TOKEN").Token(); !errors.As(err, &e) || !strings.Contains(e.Source, "MUSTER_TEST_NO_TOKEN") {
		t.Errorf("error %v", err)
	}
}
