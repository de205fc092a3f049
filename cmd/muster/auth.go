package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/uploader/facebook"
)

func newAuth(environ []string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "auth",
		Short: "Look at, get and end the access token",
		Long: `Facebook lets Muster in by an access token with the permission ads_management, of
somebody who has the role Advertiser or Admin on the ad account.

A system user's token fits a server best: it belongs to the business instead of a
person, and need not expire. In Business Settings (business.facebook.com/settings):
  1. Users, System users: add one, or choose one.
  2. Assign assets: the ad account with "Manage campaigns", and the app.
  3. Generate token: choose the app, expiry never, ads_management and
     business_management.
  4. Put the token, alone, into the file of facebook.access_token_file, mode 0600.
  5. Somebody of the business (not the system user) accepts the terms of custom
     audiences once; muster auth status prints the link.
  6. muster auth status says whether anything is missing.

For a person's token, which ends after sixty days, see muster auth login.`,
		Example: `  muster auth status --config muster.yaml
  muster auth login --config muster.yaml`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAuthStatus(environ), newAuthLogin(environ), newAuthRefresh(environ), newAuthLogout(environ))
	return cmd
}

// graph makes a client that says what it is.
func graph(cmd *cobra.Command, c *config.Config, token *oauth2.Token) (*facebook.Client, error) {
	return worker.Graph(c, worker.Options{Version: version(), Logger: worker.Logger(c.Log, cmd.ErrOrStderr())}, token)
}

// needApp says what of the app is missing.
func needApp(c *config.Config) error {
	var errs []error
	if c.Facebook.AppID == "" {
		errs = append(errs, errors.New("facebook.app_id: not set: want the app's id; copy it from the app's dashboard (App settings, Basic)"))
	}
	if c.Facebook.AppSecret == "" {
		errs = append(errs, errors.New("facebook.app_secret: not set: want the app's secret; put it into the file of facebook.app_secret_file, or set MUSTER_FACEBOOK_APP_SECRET"))
	}
	return errors.Join(errs...)
}

// allAccounts lists every ad account that the token sees.
func allAccounts(ctx context.Context, client *facebook.Client) ([]facebook.AdAccount, error) {
	var all []facebook.AdAccount
	for after := ""; ; {
		page, next, err := client.Accounts(ctx, after)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if after = next; after == "" {
			return all, nil
		}
	}
}
