package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/google/renameio/v2"
	"golang.org/x/oauth2"

	"muster/cmd/internal/config"
)

func needTokenFile(c *config.Config) error {
	if c.Facebook.AccessTokenFile == "" {
		return errors.New("facebook.access_token_file: not set: want a file for the access token; name one, such as token")
	}
	return nil
}

// writable refuses, before anybody logs in, a file that another tool keeps: a
// mounted secret is a symbolic link, and would be swapped for a file that the
// next mount does not know.
func writable(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at access token file: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("facebook.access_token_file %q: it is no regular file, so something else keeps it, such as a mounted secret: change the token there, or name a file of its own", path)
	}
	return nil
}

// writeToken replaces the file at once, so that a worker never reads half of it;
// nobody but its owner may read it.
func writeToken(path string, token *oauth2.Token) error {
	if err := renameio.WriteFile(path, []byte(token.AccessToken+"\n"), 0o600, renameio.WithStaticPermissions(0o600)); err != nil {
		return fmt.Errorf("write access token: %w; the token is lost, run the command again", err)
	}
	return nil
}
