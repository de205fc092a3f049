package worker

import (
	"strings"

	"golang.org/x/oauth2"

	"muster/cmd/internal/config"
	"muster/uploader"
	"muster/uploader/facebook"
)

// newFacebook makes the worker's client of the Graph API. It looks at no token yet.
func newFacebook(c *config.Config, o Options, t *telemetry) (*facebook.Client, error) {
	return facebook.New(workerOptions(c, o, t))
}

// workerOptions have each request ask the lease last of all (I3).
func workerOptions(c *config.Config, o Options, t *telemetry) facebook.Options {
	options := graphOptions(c.Facebook, o)
	options.BeforeSend = uploader.MaySend
	options.TracerProvider, options.MeterProvider = t.tracers, t.meters
	options.ReadOnly = c.DryRun()
	return options
}

// Graph makes a client of the Graph API for commands, which hold no lease. token
// is used instead of the configured one where it is given.
func Graph(c *config.Config, o Options, token *oauth2.Token) (*facebook.Client, error) {
	options := graphOptions(c.Facebook, o)
	if token != nil {
		options.TokenSource = oauth2.StaticTokenSource(token)
	}
	return facebook.New(options)
}

func graphOptions(f config.Facebook, o Options) facebook.Options {
	proof := facebook.ProofPlain
	if f.AppSecretProof == "timed" {
		proof = facebook.ProofTimed
	}
	var appSecret func() (string, error)
	if f.AppSecret != "" {
		appSecret = func() (string, error) { return f.AppSecret.Reveal(), nil }
	}
	return facebook.Options{
		BaseURL:     f.BaseURL,
		LoginURL:    f.LoginURL,
		APIVersion:  f.APIVersion,
		TokenSource: tokens(f),
		AppID:       f.AppID,
		AppSecret:   appSecret,
		ProofForm:   proof,
		Transport:   o.Transport,
		UserAgent:   strings.TrimSuffix("muster/"+o.Version, "/"),
		Timeout:     f.RequestTimeout,
		Logger:      o.Logger,
	}
}

func tokens(f config.Facebook) oauth2.TokenSource {
	if f.AccessTokenFile != "" {
		return facebook.TokenFromFile(f.AccessTokenFile)
	}
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: strings.TrimSpace(f.AccessToken.Reveal()), TokenType: "Bearer"})
}
