package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/uploader/facebook"
)

func newAuthStatus(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what the access token may do, and what is missing",
		Long: `Ask Facebook about the access token (whose it is, when it ends, its permissions) and
about each configured ad account (role, terms), and list what stops uploads, or will
within 14 days, each with its remedy. Nothing is changed.

Facebook tells about a token to its app: set facebook.app_id and facebook.app_secret.
Without them the token asks about itself, which works for developers of the app only.

Exit status: 0 nothing is missing, 1 something is or Facebook cannot be asked.`,
		Example: `  muster auth status --config muster.yaml
  muster auth status --config muster.yaml --json`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(true, (*config.Config).ValidateFacebook)
			if err != nil {
				return err
			}
			client, err := graph(cmd, c, nil)
			if err != nil {
				return err
			}
			defer client.CloseIdleConnections()
			status := inspect(cmd.Context(), client, c, time.Now())
			if asJSON {
				err = writeJSON(cmd.OutOrStdout(), status)
			} else {
				err = status.show(cmd.OutOrStdout(), time.Now())
			}
			if err != nil {
				return err
			}
			return status.verdict()
		},
	}
	s.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// authStatus is what Facebook says of the token and the accounts.
type authStatus struct {
	Token    tokenStatus     `json:"token"`
	Accounts []accountStatus `json:"accounts"`
}

type tokenStatus struct {
	Source   string             `json:"source"`
	Valid    bool               `json:"valid"`
	Kind     string             `json:"kind,omitempty"`
	User     string             `json:"user,omitempty"`
	App      string             `json:"app,omitempty"`
	Expires  time.Time          `json:"expires,omitzero"`
	Scopes   []string           `json:"permissions,omitempty"`
	Error    string             `json:"error,omitempty"`
	Findings []facebook.Finding `json:"findings,omitempty"`
}

type accountStatus struct {
	ID       string             `json:"id"`
	Name     string             `json:"name,omitempty"`
	Active   bool               `json:"active"`
	Tasks    []string           `json:"tasks,omitempty"`
	Terms    bool               `json:"terms_accepted"`
	Error    string             `json:"error,omitempty"`
	Findings []facebook.Finding `json:"findings,omitempty"`
}

func inspect(ctx context.Context, client *facebook.Client, c *config.Config, now time.Time) authStatus {
	status := authStatus{Token: tokenStatus{Source: "facebook.access_token"}}
	if c.Facebook.AccessTokenFile != "" {
		status.Token.Source = c.Facebook.AccessTokenFile
	}
	info, err := client.InspectToken(ctx)
	t := &status.Token
	if err != nil {
		t.Error = err.Error()
	} else {
		t.Valid, t.Kind, t.User, t.App = info.Valid, string(info.Kind), info.User, info.AppID
		t.Expires, t.Scopes = info.Expires, info.Scopes
		t.Findings = info.Findings(c.Facebook.AppID, now)
	}
	if file, err := os.Stat(c.Facebook.AccessTokenFile); err == nil && file.Mode().Perm()&0o007 != 0 {
		t.Findings = append(t.Findings, facebook.Finding{
			Title:  fmt.Sprintf("everybody on this machine may use the token: its file has mode %04o", file.Mode().Perm()),
			Remedy: "Make it 0600, or 0440 for a mounted secret.",
		})
	}
	for _, id := range c.AdAccounts() {
		a := accountStatus{ID: facebook.AccountID(id).Node()}
		account, err := client.Account(ctx, facebook.AccountID(id))
		if err != nil {
			a.Error = err.Error()
		} else {
			a.Name, a.Active, a.Tasks, a.Terms = account.Name, account.Active, account.Tasks, account.TermsAccepted
			a.Findings = account.Findings()
		}
		status.Accounts = append(status.Accounts, a)
	}
	return status
}

func (s authStatus) show(w io.Writer, now time.Time) error {
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	t := s.Token
	fmt.Fprintf(out, "token\t%s\n", t.Source)
	if t.Error == "" {
		fmt.Fprintf(out, "  valid\t%s\n", yes(t.Valid))
		fmt.Fprintf(out, "  of\t%s %s, app %s\n", strings.ToLower(strings.ReplaceAll(t.Kind, "_", " ")), t.User, t.App)
		fmt.Fprintf(out, "  expires\t%s\n", expiry(t.Expires, now))
		fmt.Fprintf(out, "  permissions\t%s\n", strings.Join(t.Scopes, ", "))
	}
	findings(out, t.Error, t.Findings)
	for _, a := range s.Accounts {
		fmt.Fprintf(out, "ad account\t%s %s\n", a.ID, a.Name)
		if a.Error == "" {
			role := "Facebook does not say"
			if len(a.Tasks) > 0 {
				role = strings.ToLower(strings.Join(a.Tasks, ", "))
			}
			fmt.Fprintf(out, "  active\t%s\n  may\t%s\n  terms\t%s\n", yes(a.Active), role, accepted(a.Terms))
		}
		findings(out, a.Error, a.Findings)
	}
	if len(s.Accounts) == 0 {
		fmt.Fprintln(out, "ad account\tnone configured: set facebook.ad_account")
	}
	return out.Flush() // errors of writing stay until here
}

func findings(w io.Writer, failure string, list []facebook.Finding) {
	if failure != "" {
		fmt.Fprintf(w, "  not known\t%s\n", failure)
	}
	for _, f := range list {
		fmt.Fprintf(w, "  to do\t%s. %s\n", f.Title, f.Remedy)
	}
}

var errAuth = errors.New("the token or an ad account wants attention; see above")

func (s authStatus) verdict() error {
	if s.Token.Error != "" || len(s.Token.Findings) > 0 || len(s.Accounts) == 0 {
		return errAuth
	}
	for _, a := range s.Accounts {
		if a.Error != "" || len(a.Findings) > 0 {
			return errAuth
		}
	}
	return nil
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func accepted(b bool) string {
	if b {
		return "accepted"
	}
	return "not accepted"
}

// expiry is a moment as a person reads it; the zero time is never.
func expiry(at, now time.Time) string {
	switch left := at.Sub(now); {
	case at.IsZero():
		return "never"
	case left <= 0:
		return at.UTC().Format(time.DateOnly) + ", over"
	case left < 48*time.Hour:
		return fmt.Sprintf("%s, in %d hours", at.UTC().Format("2006-01-02 15:04 MST"), int(left.Hours()))
	default:
		return fmt.Sprintf("%s, in %d days", at.UTC().Format(time.DateOnly), int(left.Hours()/24))
	}
}
