package facebook

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"golang.org/x/oauth2"
)

// Scopes is what a token needs: the audiences, and the business they belong to.
var Scopes = []string{"ads_management", "business_management"}

// Login describes the dialog in which a person lets the app act for them, ending
// at the redirect URL. golang.org/x/oauth2/facebook names a version of the API
// that expired in 2021. The code that the dialog gives goes to [Client.ExchangeCode].
func (c *Client) Login(redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID:    c.appID,
		Endpoint:    oauth2.Endpoint{AuthURL: c.login.JoinPath("dialog", "oauth").String(), TokenURL: c.base.JoinPath("oauth", "access_token").String()},
		RedirectURL: redirect,
		Scopes:      Scopes,
	}
}

// ExchangeCode turns the code of a finished [Client.Login] into a token of one or
// two hours. redirect is the dialog's, verifier that of its PKCE challenge, which
// Facebook documents for OpenID Connect only and does not mind elsewhere. It needs
// AppID and AppSecret.
func (c *Client) ExchangeCode(ctx context.Context, redirect, code, verifier string) (*oauth2.Token, error) {
	return c.getToken(ctx, url.Values{"redirect_uri": {redirect}, "code": {code}, "code_verifier": {verifier}})
}

// ExtendToken turns a token that is still good into one of about sixty days: a
// person's short one (Meta, "Get Long-Lived Tokens") or a system user's that
// expires. A person's long one is not made longer: there is no refresh token, and
// somebody must log in again. The old token stays good until its own end. It
// needs AppID and AppSecret.
func (c *Client) ExtendToken(ctx context.Context, token *oauth2.Token) (*oauth2.Token, error) {
	return c.getToken(ctx, url.Values{
		"grant_type": {"fb_exchange_token"}, "fb_exchange_token": {token.AccessToken},
		"set_token_expires_in_60_days": {"true"}, // for system users; else ignored
	})
}

// RevokeToken ends a token. Facebook documents the call as a GET, so the token is
// in its URL, which appears nowhere else. It needs AppID and AppSecret.
func (c *Client) RevokeToken(ctx context.Context, token *oauth2.Token) error {
	r := &call{op: OpRevokeToken, path: []string{"oauth", "revoke"}, query: url.Values{"revoke_token": {token.AccessToken}}}
	if err := c.asApp(r, r.query); err != nil {
		return err
	}
	r.decode = func(_ context.Context, body []byte) bool {
		var done struct {
			Success boolean `json:"success"`
		}
		return json.Unmarshal(body, &done) == nil && bool(done.Success)
	}
	_, err := c.do(ctx, r)
	return err
}

// getToken asks for a token in the body of a POST, where secrets belong.
func (c *Client) getToken(ctx context.Context, form url.Values) (*oauth2.Token, error) {
	r := &call{op: OpGetToken, path: []string{"oauth", "access_token"}, form: form}
	if err := c.asApp(r, form); err != nil {
		return nil, err
	}
	var token *oauth2.Token
	r.decode = func(_ context.Context, body []byte) bool {
		var made struct {
			Token     idText `json:"access_token"`
			ExpiresIn number `json:"expires_in"`
		}
		if json.Unmarshal(body, &made) != nil {
			return false
		}
		var err error
		if token, err = parseToken("Facebook's answer", []byte(made.Token)); err != nil {
			return false
		}
		if made.ExpiresIn > 0 {
			token.Expiry = time.Now().Add(time.Duration(made.ExpiresIn.int()) * time.Second)
		}
		return true
	}
	if _, err := c.do(ctx, r); err != nil {
		return nil, err
	}
	return token, nil
}

// asApp has the app's id and secret authorise a call, among its parameters.
func (c *Client) asApp(r *call, params url.Values) error {
	secret, err := c.appSecret()
	if err != nil {
		return r.unauthorised(err)
	}
	if c.appID == "" {
		return r.unauthorised(errNoApp)
	}
	params.Set("client_id", c.appID)
	params.Set("client_secret", secret)
	r.credential = nobody
	return nil
}

// nobody is the credential of calls that carry the app's secret.
func nobody() (*oauth2.Token, error) { return nil, nil }

// appSecret is the app's secret, or why there is none.
func (c *Client) appSecret() (string, error) {
	if c.secret != nil {
		if secret, err := c.secret(); err == nil && secret != "" {
			return secret, nil
		}
	}
	return "", &TokenError{"the app secret", "there is none", "give the app's secret, or none at all if the app does not require proof", nil}
}

var errNoApp = errors.New("there is no app id: set facebook.app_id")
