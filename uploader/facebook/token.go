package facebook

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

const (
	// maxTokenBytes bounds a token file; real tokens have some 200 bytes.
	maxTokenBytes = 16 << 10
	// tokenRecheck is how long a token read from a file is used unseen.
	tokenRecheck = time.Second
	// tokenGrace is how long the last good token outlives its file: whoever
	// rewrites a file in place leaves it empty for a moment.
	tokenGrace = time.Minute
)

// TokenError says that there is no usable access token, and what to do. It
// never holds any part of a token.
type TokenError struct {
	Source  string // "file /run/secrets/token", "environment variable X"
	Problem string
	Remedy  string
	cause   error
}

// Error is one line: where, what, what to do.
func (e *TokenError) Error() string {
	return fmt.Sprintf("read access token from %s: %s: %s", e.Source, e.Problem, e.Remedy)
}

// Unwrap is the file system's error, if there was one.
func (e *TokenError) Unwrap() error { return e.cause }

// TokenFromFile reads the token from a file, white space around it aside, and
// looks again at most once a second, so that a rotated token, a swapped symlink
// included, is used without a restart. A file that goes missing or empty keeps
// its last token for a minute, then every call is a *[TokenError]. The source is
// safe for concurrent use; the file is first read by the first Token.
func TokenFromFile(path string) oauth2.TokenSource { return &fileToken{path: path} }

type fileToken struct {
	path string

	mu      sync.Mutex
	token   *oauth2.Token
	checked time.Time // last look at the file
	good    time.Time // last look that found a token
	err     error     // what the last look found instead
}

// Token is the file's token.
func (f *fileToken) Token() (*oauth2.Token, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if f.checked.IsZero() || now.Sub(f.checked) >= tokenRecheck {
		f.checked = now
		var token *oauth2.Token
		if token, f.err = f.read(); f.err == nil {
			f.token, f.good = token, now
		}
	}
	if f.err != nil && (f.token == nil || now.Sub(f.good) >= tokenGrace) {
		return nil, f.err
	}
	return f.token, nil
}

func (f *fileToken) read() (*oauth2.Token, error) {
	source := "file " + f.path
	file, err := os.Open(f.path)
	if err != nil {
		return nil, &TokenError{source, "the file cannot be opened", "put the access token there, readable for Muster", err}
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxTokenBytes+1))
	if err != nil {
		return nil, &TokenError{source, "the file cannot be read", "put the access token there, readable for Muster", err}
	}
	return parseToken(source, text)
}

// TokenFromEnv reads the token from an environment variable.
func TokenFromEnv(name string) oauth2.TokenSource { return envToken(name) }

type envToken string

// Token is the variable's token.
func (name envToken) Token() (*oauth2.Token, error) {
	return parseToken("environment variable "+string(name), []byte(os.Getenv(string(name))))
}

func parseToken(source string, text []byte) (*oauth2.Token, error) {
	text = bytes.TrimSpace(text)
	switch {
	case len(text) == 0:
		return nil, &TokenError{source, "it is empty", "put a system user's access token with ads_management there", nil}
	case len(text) > maxTokenBytes:
		return nil, &TokenError{source, "it is too long for an access token", "put nothing but the access token there", nil}
	}
	for _, b := range text {
		if b <= ' ' || b >= 0x7f {
			return nil, &TokenError{source, "it holds characters that no access token has", "put nothing but the access token there, in one line", nil}
		}
	}
	return &oauth2.Token{AccessToken: string(text), TokenType: "Bearer"}, nil
}
