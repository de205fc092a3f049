package worker

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Without variables no span is recorded and nothing is sent; metrics are there
// all the same. The tests set variables and cannot be parallel.
func TestTelemetryIsQuietUnlessAsked(t *testing.T) {
	tests := []struct {
		name      string
		env       map[string]string
		recording bool
	}{
		{"no variables", nil, false},
		{"an exporter", map[string]string{"OTEL_TRACES_EXPORTER": "none"}, true},
		{"an endpoint", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector"}, true},
		{"an endpoint of the signal", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "collector"}, true},
		{"an endpoint of another signal", map[string]string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "collector"}, false},
		{"switched off", map[string]string{"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "collector"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
			}))
			defer collector.Close()
			for _, name := range []string{"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_SDK_DISABLED"} {
				value := test.env[name]
				if value == "collector" {
					value = collector.URL
				}
				t.Setenv(name, value)
			}
			tel, err := openTelemetry(t.Context(), Options{Version: "v1"})
			if err != nil {
				t.Fatal(err)
			}
			_, span := tel.tracers.Tracer("test").Start(context.Background(), "span", trace.WithNewRoot())
			if span.IsRecording() != test.recording {
				t.Errorf("recording %t, want %t", span.IsRecording(), test.recording)
			}
			span.End()
			counter, err := tel.meters.Meter(scope).Int64Counter("muster.test.records")
			if err != nil {
				t.Fatal(err)
			}
			counter.Add(t.Context(), 3, metric.WithAttributes(attribute.String("muster.outcome", "applied")))
			page := httptest.NewRecorder()
			tel.scrape.ServeHTTP(page, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
			if !strings.Contains(page.Body.String(), `muster_test_records_total{muster_outcome="applied"} 3`) {
				t.Errorf("/metrics: %.500s", page.Body.String())
			}
			if err := tel.close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTelemetryRefusesUnknownExporters(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "pigeon")
	if _, err := openTelemetry(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "OTEL_") {
		t.Errorf("got %v", err)
	}
}
