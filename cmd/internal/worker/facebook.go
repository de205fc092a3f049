package worker

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/oauth2"

	"muster/cmd/internal/config"
	"muster/uploader/facebook"
)

// newFacebook makes the client of the Graph API. It looks at no token yet.
func newFacebook(c *config.Config, o Options, t *telemetry) (*facebook.Client, error) {
	f := c.Facebook
	proof := facebook.ProofPlain
	if f.AppSecretProof == "timed" {
		proof = facebook.ProofTimed
	}
	var appSecret func() (string, error)
	if f.AppSecret != "" {
		appSecret = func() (string, error) { return f.AppSecret.Reveal(), nil }
	}
	return facebook.New(facebook.Options{
		BaseURL:        f.BaseURL,
		APIVersion:     f.APIVersion,
		TokenSource:    tokens(f),
		AppSecret:      appSecret,
		ProofForm:      proof,
		Transport:      o.Transport,
		BeforeSend:     beforeSend,
		UserAgent:      strings.TrimSuffix("muster/"+o.Version, "/"),
		Timeout:        f.RequestTimeout,
		Logger:         o.Logger,
		TracerProvider: t.tracers,
		MeterProvider:  t.meters,
	})
}

func tokens(f config.Facebook) oauth2.TokenSource {
	if f.AccessTokenFile != "" {
		return facebook.TokenFromFile(f.AccessTokenFile)
	}
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: strings.TrimSpace(f.AccessToken.Reveal()), TokenType: "Bearer"})
}

// beforeSend is the last look at the lease before bytes go out (I3): the uploader
// ends a request's context with its lease.
func beforeSend(ctx context.Context) error {
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), context.Cause(ctx))
	}
	return nil
}
