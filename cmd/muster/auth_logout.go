package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/uploader/facebook"
)

func newAuthLogout(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var ok confirmation
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Revoke the access token and remove its file",
		Long: `Have Facebook revoke the token in the file of facebook.access_token_file, then remove
the file. Whoever uses the token, a running worker included, is refused from then on, and
waits until there is another one. A token that Facebook refuses to revoke stays where it
is, so that it is not forgotten while it works.`,
		Example: `  muster auth logout --config muster.yaml`,
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := ok.check(cmd, ""); err != nil {
				return err
			}
			c, err := s.load(true, func(c *config.Config) error { return errors.Join(c.ValidateFacebook(), needApp(c), needTokenFile(c)) })
			if err != nil {
				return err
			}
			if err := writable(c.Facebook.AccessTokenFile); err != nil {
				return err
			}
			return logout(cmd, c, ok)
		},
	}
	s.add(cmd)
	ok.add(cmd)
	return cmd
}

func logout(cmd *cobra.Command, c *config.Config, ok confirmation) error {
	path := c.Facebook.AccessTokenFile
	token, err := facebook.TokenFromFile(path).Token()
	if err != nil {
		return err
	}
	if ok.dryRun {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "would revoke the token in %s and remove the file\n", path)
		return err
	}
	if err := ok.ask(cmd, "Revoke the token in "+path+" and remove the file? Workers that use it stop uploading."); err != nil {
		return err
	}
	client, err := graph(cmd, c, token)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	if err := client.RevokeToken(cmd.Context(), token); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove revoked token: %w", err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "revoked; removed %s\n", path)
	return err
}
