package worker

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"golang.org/x/oauth2"

	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

// swapped is a token that changes.
type swapped struct {
	mu    sync.Mutex
	value string
}

func (s *swapped) Token() (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &oauth2.Token{AccessToken: s.value}, nil
}

func (s *swapped) set(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value = value
}

// TestTokenWatch: the end of a token is told from 14 days before on, once a day,
// and a new token is noticed.
func TestTokenWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(15*24*time.Hour + time.Hour)
		graph := graphtest.New(graphtest.Options{
			Apps:   []graphtest.App{{ID: "4", Secret: "canary-secret"}},
			Tokens: []graphtest.Token{{Value: "canary-short", AppID: "4", Type: "SYSTEM_USER", Expires: end}, {Value: "canary-long", AppID: "4"}},
		})
		token := &swapped{value: "canary-short"}
		client, err := facebook.New(facebook.Options{
			TokenSource: token, Transport: graph.RoundTripper(),
			AppID: "4", AppSecret: func() (string, error) { return "canary-secret", nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		var log diary
		reader := sdkmetric.NewManualReader()
		meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter(scope)
		w, err := newTokenWatch(client, "4", slog.New(slog.NewTextHandler(&log, nil)), meter)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { w.run(ctx) })

		warnings := func() int { synctest.Wait(); return strings.Count(log.String(), "the token expires on") }
		if n := warnings(); n != 0 {
			t.Errorf("%d warnings fifteen days before", n)
		}
		time.Sleep(49 * time.Hour)
		if n := warnings(); n != 1 || !strings.Contains(log.String(), "muster auth refresh") {
			t.Errorf("%d warnings thirteen days before: %s", n, &log)
		}
		if got := gauge(t, reader); got != end.Unix() {
			t.Errorf("the metric says %d, want %d", got, end.Unix())
		}
		if found := w.findings(); len(found) != 1 || !strings.Contains(found[0].Title, "the token expires on") {
			t.Errorf("found %v", found)
		}
		token.set("canary-long")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := gauge(t, reader); got != 0 {
			t.Errorf("the metric says %d of a token without an end", got)
		}
		if found := w.findings(); len(found) != 0 {
			t.Errorf("found %v of a token without an end", found)
		}
		cancel()
		running.Wait()
		if strings.Contains(log.String(), "canary") {
			t.Errorf("a secret is logged: %s", &log)
		}
	})
}

// diary is a log that is read while it is written.
type diary struct {
	mu   sync.Mutex
	text strings.Builder
}

func (d *diary) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(b)
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

// gauge is the metric's value, 0 when it is absent.
func gauge(t *testing.T, reader sdkmetric.Reader) int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for _, s := range all.ScopeMetrics {
		for _, m := range s.Metrics {
			if points := m.Data.(metricdata.Gauge[int64]).DataPoints; len(points) > 0 {
				return points[0].Value
			}
		}
	}
	return 0
}
