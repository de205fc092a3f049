package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/cli/browser"
	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"muster/cmd/internal/config"
	"muster/uploader/facebook"
)

// loginTime is how long a person has for the dialog.
const loginTime = 10 * time.Minute

func newAuthLogin(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var port int
	var noBrowser bool
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Get a person's access token in the browser",
		Long: `Send you to Facebook in the browser, take the answer on this machine, get a token of
sixty days for it, and write that to the file of facebook.access_token_file, mode 0600.
A running worker takes the new token by itself.

Needs facebook.app_id and facebook.app_secret of an app with the product Facebook Login,
where http://localhost:PORT/callback is a valid OAuth redirect URI (an app in development
mode allows localhost without being told). On a machine without a browser, forward the
port: ssh -L 8085:localhost:8085 HOST.

A system user's token fits a server better, since it need not expire: see muster auth.`,
		Example: `  muster auth login --config muster.yaml
  muster auth login --config muster.yaml --no-browser`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(true, func(c *config.Config) error { return errors.Join(c.ValidateFacebook(), needApp(c), needTokenFile(c)) })
			if err != nil {
				return err
			}
			if err := writable(c.Facebook.AccessTokenFile); err != nil {
				return err
			}
			open := browser.OpenURL
			if noBrowser {
				open = func(string) error { return nil }
			}
			return login(cmd, c, port, open)
		},
	}
	s.add(cmd)
	cmd.Flags().IntVar(&port, "port", 8085, "port on localhost that takes Facebook's answer; 0 takes any")
	cmd.Flags().BoolVar(&noBrowser, "no-browser", false, "only print the address to open")
	return cmd
}

func login(cmd *cobra.Command, c *config.Config, port int, open func(string) error) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), loginTime)
	defer cancel()
	client, err := graph(cmd, c, nil)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	back, err := listenForCode(ctx, port, state)
	if err != nil {
		return err
	}
	defer back.close()
	page := client.Login(back.redirect).AuthCodeURL(state, oauth2.S256ChallengeOption(verifier))
	fmt.Fprintf(cmd.ErrOrStderr(), "Open this address in a browser, and allow the app to manage your ads:\n\n  %s\n\nWaiting for the answer (%s at most) …\n", page, loginTime)
	_ = open(page) // the address is printed
	code, err := back.wait(ctx)
	if err != nil {
		return err
	}
	short, err := client.ExchangeCode(ctx, back.redirect, code, verifier)
	if err != nil {
		return err
	}
	token, err := client.ExtendToken(ctx, short)
	if err != nil {
		return err
	}
	if err := writeToken(c.Facebook.AccessTokenFile, token); err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "wrote %s; the token expires %s\n", c.Facebook.AccessTokenFile, expiry(token.Expiry, time.Now()))
	authorised, err := graph(cmd, c, token)
	if err != nil {
		return err
	}
	defer authorised.CloseIdleConnections()
	accounts, err := allAccounts(ctx, authorised)
	if err != nil {
		return fmt.Errorf("%w (the token is written; muster auth status looks again)", err)
	}
	return showAccounts(out, accounts, c.AdAccounts())
}

// showAccounts lists the ad accounts to choose from.
func showAccounts(w io.Writer, accounts []facebook.AdAccount, configured []string) error {
	used := map[string]bool{}
	for _, id := range configured {
		used[facebook.AccountID(id).Node()] = true
	}
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "AD ACCOUNT\tNAME\tUPLOADS\tTERMS\tCONFIGURED")
	for _, a := range accounts {
		may := "not known"
		if ok, known := a.MayUpload(); known {
			may = yes(ok)
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", a.ID.Node(), a.Name, may, accepted(a.TermsAccepted), yes(used[a.ID.Node()]))
		delete(used, a.ID.Node())
	}
	if len(configured) == 0 {
		fmt.Fprintln(out, "Choose one and set facebook.ad_account to it.")
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for id := range used {
		return fmt.Errorf("ad account %s is configured, but the token does not see it: give this person a role on it, or log in as somebody who has one", id)
	}
	return nil
}
