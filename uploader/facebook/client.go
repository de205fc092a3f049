package facebook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/oauth2"
)

// The defaults of [Options].
const (
	DefaultBaseURL    = "https://graph.facebook.com"
	DefaultLoginURL   = "https://www.facebook.com"
	DefaultAPIVersion = "v26.0" // newest as of July 2026
	DefaultTimeout    = 60 * time.Second
	DefaultPageLimit  = 20 // best practice of Meta's page "Custom Audiences"; no maximum is documented
	MaxRows           = 10_000
)

// Options configure a [Client]. Only TokenSource is needed.
type Options struct {
	// BaseURL is scheme and host of the Graph API, a path before the version
	// included where a gateway needs one. Default [DefaultBaseURL].
	BaseURL string
	// APIVersion goes into every path. Default [DefaultAPIVersion]. Versions of
	// the Marketing API live about a year; see OnVersionWarning.
	APIVersion string
	// TokenSource gives the access token of each attempt. It is sent in the
	// Authorization header and nowhere else. See [TokenFromFile], [TokenFromEnv].
	TokenSource oauth2.TokenSource
	// AppID is the Facebook app's, for the calls about tokens ([Client.InspectToken],
	// [Client.ExchangeCode] and their neighbours). Default none.
	AppID string
	// LoginURL is scheme and host of the dialog where a person logs in. Default
	// [DefaultLoginURL].
	LoginURL string
	// AppSecret, when set, gives the app's secret of each attempt, from which
	// appsecret_proof is made in the form of ProofForm. Default none.
	AppSecret func() (string, error)
	ProofForm ProofForm
	// Transport makes the connections. Default: a clone of
	// http.DefaultTransport. Redirects are never followed.
	Transport http.RoundTripper
	// BeforeSend, when set, has the last word on whether bytes may go out: a
	// lease is checked there. It is asked before connecting and, where there is
	// a body, again when the connection stands and the body is first read. Its
	// error ends the attempt as [Withheld], and is what the attempt's error
	// unwraps to. It must be quick and safe for concurrent use.
	BeforeSend func(ctx context.Context) error
	// ReadOnly has every request but a GET refused as [Withheld]: a dry run must not
	// write, whatever it is made to do.
	ReadOnly bool
	// UserAgent default "muster".
	UserAgent string
	// Timeout is for one attempt, from connecting to the answer's last byte.
	// Default [DefaultTimeout].
	Timeout time.Duration
	// PageLimit is how many audiences one page of a listing asks for. Default
	// [DefaultPageLimit]. A page that is TooLarge wants a smaller one.
	PageLimit int
	// OnVersionWarning, when set, hears each distinct warning once.
	OnVersionWarning func(VersionWarning)
	// Logger, default slog.Default(); it gets version warnings only: errors are
	// returned.
	Logger *slog.Logger
	// TracerProvider and MeterProvider default to OpenTelemetry's globals.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}

// Client calls the Graph API. One call of a method is one HTTP request: it
// repeats nothing. It is safe for concurrent use, but a caller that cares for
// order has one request under way per audience: Facebook documents no order
// between concurrent ones.
type Client struct {
	base      *url.URL // with version, without trailing slash
	login     *url.URL // likewise; of the dialog for people
	tokens    oauth2.TokenSource
	appID     string
	secret    func() (string, error)
	form      ProofForm
	http      *http.Client
	userAgent string
	timeout   time.Duration
	pageLimit int
	telemetry telemetry
	versions  *versionWarnings
}

var versionForm = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]{1,2}$`)

// New checks the options and makes a client. It does no I/O: no connection, no
// look at a token. All mistakes are returned at once.
func New(o Options) (*Client, error) {
	var mistakes []error
	base, err := parseBase("base URL", cmp.Or(o.BaseURL, DefaultBaseURL))
	mistakes = append(mistakes, err)
	login, err := parseBase("login URL", cmp.Or(o.LoginURL, DefaultLoginURL))
	mistakes = append(mistakes, err)
	version := cmp.Or(o.APIVersion, DefaultAPIVersion)
	if !versionForm.MatchString(version) {
		mistakes = append(mistakes, fmt.Errorf("facebook API version %q: want v and a number such as %s", clip(version), DefaultAPIVersion))
	}
	if o.TokenSource == nil {
		mistakes = append(mistakes, errors.New("facebook token source: none given"))
	}
	if o.Timeout < 0 {
		mistakes = append(mistakes, fmt.Errorf("facebook time-out %s: want more than 0", o.Timeout))
	}
	if o.PageLimit < 0 {
		mistakes = append(mistakes, fmt.Errorf("facebook page limit %d: want 1 or more", o.PageLimit))
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	transport := o.Transport
	if transport == nil {
		transport = http.DefaultTransport
		if standard, ok := transport.(*http.Transport); ok {
			transport = standard.Clone()
		}
	}
	telemetry, err := newTelemetry(o.TracerProvider, o.MeterProvider, base)
	if err != nil {
		return nil, fmt.Errorf("make instruments: %w", err)
	}
	logger := o.Logger
	if logger == nil {
		logger = slog.Default()
	}
	return &Client{
		base:   base.JoinPath(version),
		login:  login.JoinPath(version),
		tokens: o.TokenSource,
		appID:  o.AppID,
		secret: o.AppSecret,
		form:   o.ProofForm,
		http: &http.Client{
			Transport: &gate{next: transport, beforeSend: o.BeforeSend, readOnly: o.ReadOnly},
			// A redirect would be a second request, and would carry the token
			// to whatever host it names.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		userAgent: cmp.Or(o.UserAgent, "muster"),
		timeout:   cmp.Or(o.Timeout, DefaultTimeout),
		pageLimit: cmp.Or(o.PageLimit, DefaultPageLimit),
		telemetry: telemetry,
		versions:  &versionWarnings{logger: logger, tell: o.OnVersionWarning, seen: map[VersionWarning]bool{}},
	}, nil
}

// parseBase reads a URL to which paths are added. Its errors do not quote it: what
// should not be in it may be a secret.
func parseBase(name, text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	switch {
	case err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "":
		return nil, fmt.Errorf("facebook %s: want http(s)://host[/path]", name)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("facebook %s: want no user, query or fragment in it", name)
	}
	if u.Path == "" {
		u.Path = "/" // JoinPath would make a relative path of nothing
	}
	return u, nil
}

// Credential tells whether the access token is another one than before, and
// nothing else of it: a hash that differs from process to process, 0 when there is
// no usable token.
func (c *Client) Credential() uint64 {
	token, err := c.token()
	if err != nil {
		return 0
	}
	return maphash.String(credentialSeed, token.AccessToken)
}

var credentialSeed = maphash.MakeSeed()

// CloseIdleConnections closes connections that no request uses.
func (c *Client) CloseIdleConnections() {
	c.http.CloseIdleConnections()
}
