package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"muster/cmd/internal/config"
	"muster/uploader/facebook"
)

func newAuthRefresh(environ []string) *cobra.Command {
	s := settings{environ: environ}
	cmd := &cobra.Command{
		Use:   "refresh",
		Short: "Exchange the access token for one that ends later",
		Long: `Exchange a system user's token that expires, while it is still good, for one of sixty
days, and write it to the file of facebook.access_token_file, mode 0600. A running worker
takes it by itself; the old token stays good until its own end. It may run on a schedule.

A token that never expires is left alone. A person's token cannot be made longer than the
sixty days of their login: see muster auth login.`,
		Example: `  muster auth refresh --config muster.yaml`,
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(true, func(c *config.Config) error { return errors.Join(c.ValidateFacebook(), needApp(c), needTokenFile(c)) })
			if err != nil {
				return err
			}
			if err := writable(c.Facebook.AccessTokenFile); err != nil {
				return err
			}
			return refresh(cmd, c)
		},
	}
	s.add(cmd)
	return cmd
}

func refresh(cmd *cobra.Command, c *config.Config) error {
	client, err := graph(cmd, c, nil)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	info, err := client.InspectToken(cmd.Context())
	switch {
	case err != nil:
		return err
	case !info.Valid:
		return fmt.Errorf("refresh access token: %s: it cannot be exchanged any more; muster auth login, or a new system user's token, replaces it", info.Title)
	case info.Expires.IsZero():
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "the token never expires: nothing to do")
		return err
	}
	old, err := facebook.TokenFromFile(c.Facebook.AccessTokenFile).Token()
	if err != nil {
		return err
	}
	token, err := client.ExtendToken(cmd.Context(), old)
	if err != nil {
		return err
	}
	if token.AccessToken == old.AccessToken {
		return errNotExtended(info)
	}
	if err := writeToken(c.Facebook.AccessTokenFile, token); err != nil {
		return err
	}
	now := time.Now()
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "wrote %s; the token expires %s instead of %s\n",
		c.Facebook.AccessTokenFile, expiry(expires(token, now), now), expiry(info.Expires, now))
	return err
}

// expires is when a token ends: one without a word about it lives sixty days at
// most, never for ever.
func expires(t *oauth2.Token, now time.Time) time.Time {
	if t.Expiry.IsZero() {
		return now.Add(60 * 24 * time.Hour)
	}
	return t.Expiry
}

func errNotExtended(info facebook.TokenInfo) error {
	return fmt.Errorf("refresh access token: Facebook gave the same token back; it expires on %s: muster auth login before that", info.Expires.UTC().Format(time.DateOnly))
}
