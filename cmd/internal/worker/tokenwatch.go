package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"

	"muster/cmd/internal/config"
	"muster/consumer"
	"muster/uploader/facebook"
)

const (
	// Facebook advises to look at a token daily ("Login Security").
	tokenEvery = 24 * time.Hour
	// tokenRetry is when to ask again after Facebook could not be asked.
	tokenRetry = 10 * time.Minute
	// tokenLook is how often a new token is looked for.
	tokenLook = time.Minute
)

// tokenWatch tells in time that the access token will end: in the log, from 14 days
// before on, in the worker's status and as a metric. That a token has ended is told by the uploader.
type tokenWatch struct {
	client *facebook.Client
	appID  string
	log    *slog.Logger
	unsure consumer.Repeats // that Facebook cannot be asked

	mu      sync.Mutex
	expires time.Time // zero: never, or not known
	found   []facebook.Finding
}

// tokenWatch makes the watch. It is nil where there is nothing to watch, or no app
// by which to ask.
func (w *Worker) tokenWatch(t *telemetry) (*tokenWatch, error) {
	f := w.config.Facebook
	if !w.config.Runs(config.StageUploader) {
		return nil, nil
	}
	if f.AppID == "" || f.AppSecret == "" {
		w.log.Info("nobody will tell when the access token ends; for that set facebook.app_id and facebook.app_secret")
		return nil, nil
	}
	options := graphOptions(f, w.options)
	options.TracerProvider, options.MeterProvider = t.tracers, t.meters
	client, err := facebook.New(options)
	if err != nil {
		return nil, err
	}
	return newTokenWatch(client, f.AppID, w.log, t.meters.Meter(scope))
}

func newTokenWatch(client *facebook.Client, appID string, log *slog.Logger, meter metric.Meter) (*tokenWatch, error) {
	w := &tokenWatch{client: client, appID: appID, log: log}
	_, err := meter.Int64ObservableGauge("muster.facebook.token.expires", metric.WithUnit("s"),
		metric.WithDescription("Unix time at which the access token ends; absent when it never does or nobody knows."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if !w.expires.IsZero() {
				o.Observe(w.expires.Unix())
			}
			return nil
		}))
	return w, err
}

// run looks once a day, and soon after the token changed, until ctx ends.
func (w *tokenWatch) run(ctx context.Context) {
	if w == nil {
		return
	}
	defer w.client.CloseIdleConnections()
	look := time.NewTicker(tokenLook)
	defer look.Stop()
	var seen uint64
	for next := time.Now(); ; {
		now := time.Now()
		if present := w.client.Credential(); present != 0 && (present != seen || !now.Before(next)) {
			next = now.Add(tokenRetry)
			if w.look(ctx) {
				next = now.Add(tokenEvery)
			}
			seen = present
		}
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// look reports whether Facebook could be asked.
func (w *tokenWatch) look(ctx context.Context) bool {
	info, err := w.client.InspectToken(ctx)
	if err != nil {
		if ctx.Err() == nil {
			w.unsure.Failed(ctx, w.log, slog.LevelWarn, "when the access token ends is not known", "error", err)
		}
		return false
	}
	w.unsure.Recovered(ctx, w.log, "when the access token ends is known again")
	found := info.Findings(w.appID, time.Now())
	for _, f := range found {
		w.log.Warn("access token", "problem", f.Title, "remedy", f.Remedy)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expires, w.found = info.Expires, found
	return true
}

// findings are what is wrong with the token, or soon will be, as Facebook last said.
func (w *tokenWatch) findings() []facebook.Finding {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.found
}
