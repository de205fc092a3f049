package worker

import (
	"strings"

	"golang.org/x/oauth2"

	"muster/cmd/internal/config"
	"muster/uploader"
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
		BeforeSend:     uploader.MaySend,
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
