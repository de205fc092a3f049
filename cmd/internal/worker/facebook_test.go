package worker

import (
	"context"
	"net/http"
	"testing"

	"golang.org/x/oauth2"

	"muster/cmd/internal/config"
	"muster/uploader/facebook"
)

// sourceFunc is a source of tokens.
type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

// counting counts what comes through to the connection.
type counting struct{ requests int }

func (c *counting) RoundTrip(*http.Request) (*http.Response, error) {
	c.requests++
	return nil, http.ErrServerClosed
}

// The worker's client asks whether a request may still go when all is ready, last
// before the connection (I3).
func TestWorkersClientAsksLast(t *testing.T) {
	t.Parallel()
	for _, ends := range []bool{false, true} {
		connection := new(counting)
		o := workerOptions(config.Defaults(), Options{Transport: connection}, new(telemetry))
		ctx, end := context.WithCancel(t.Context())
		defer end()
		o.TokenSource = sourceFunc(func() (*oauth2.Token, error) {
			if ends {
				end()
			}
			return &oauth2.Token{AccessToken: "token-of-a-test"}, nil
		})
		client, err := facebook.New(o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.AudiencePage(ctx, "1", "")
		if came := connection.requests == 1; err == nil || came == ends {
			t.Errorf("ends meanwhile: %t; %d requests, error %v", ends, connection.requests, err)
		}
	}
}
