package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel/attribute"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// telemetry is where spans and measurements of one worker go. Metrics are always
// on /metrics; traces, and metrics and the log by OTLP too, only when the standard
// OTEL_… variables ask for it: without any, nothing is sent anywhere.
type telemetry struct {
	tracers trace.TracerProvider
	tracing bool // spans go somewhere
	meters  metric.MeterProvider
	logs    slog.Handler // nil = the log is not sent
	scrape  http.Handler
	stop    []func(context.Context) error
}

func openTelemetry(ctx context.Context, o Options) (*telemetry, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	t := &telemetry{
		tracers: o.TracerProvider,
		tracing: o.TracerProvider != nil,
		meters:  o.MeterProvider,
		scrape:  promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
	}
	about, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "muster"), attribute.String("service.version", o.Version),
	), resource.WithTelemetrySDK(), resource.WithFromEnv()) // last wins
	if err != nil {
		return nil, fmt.Errorf("open telemetry: %w", err)
	}
	if t.meters == nil {
		if err := t.openMeters(ctx, about, registry); err != nil {
			return nil, errors.Join(fmt.Errorf("open metrics: %w", err), t.close(ctx))
		}
	}
	if t.tracers == nil {
		if err := t.openTracers(ctx, about); err != nil {
			return nil, errors.Join(fmt.Errorf("open traces: %w", err), t.close(ctx))
		}
	}
	if askedForLogs() {
		if err := t.openLogs(ctx, about, o.Version); err != nil {
			return nil, errors.Join(fmt.Errorf("open the log by OTLP: %w", err), t.close(ctx))
		}
	}
	return t, nil
}

func (t *telemetry) openMeters(ctx context.Context, about *resource.Resource, registry *prometheus.Registry) error {
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return err
	}
	options := []sdkmetric.Option{sdkmetric.WithResource(about), sdkmetric.WithReader(exporter)}
	if asked("METRICS") {
		reader, err := autoexport.NewMetricReader(ctx)
		if err != nil {
			return fmt.Errorf("read the OTEL_… variables: %w", err)
		}
		options = append(options, sdkmetric.WithReader(reader))
	}
	provider := sdkmetric.NewMeterProvider(options...)
	t.meters, t.stop = provider, append(t.stop, provider.Shutdown)
	return nil
}

func (t *telemetry) openTracers(ctx context.Context, about *resource.Resource) error {
	if !asked("TRACES") {
		t.tracers = noop.NewTracerProvider() // spans without a reader would be made for nothing
		return nil
	}
	exporter, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		return fmt.Errorf("read the OTEL_… variables: %w", err)
	}
	options := []sdktrace.TracerProviderOption{sdktrace.WithResource(about), sdktrace.WithBatcher(exporter)}
	if s := sampler(); s != nil {
		options = append(options, sdktrace.WithSampler(s))
	}
	provider := sdktrace.NewTracerProvider(options...)
	t.tracers, t.tracing, t.stop = provider, true, append(t.stop, provider.Shutdown)
	return nil
}

// tracer makes the spans that are not the uploader's own; nil = none.
func (t *telemetry) tracer() trace.Tracer {
	if !t.tracing {
		return nil
	}
	return t.tracers.Tracer(scope)
}

func (t *telemetry) openLogs(ctx context.Context, about *resource.Resource, version string) error {
	exporter, err := autoexport.NewLogExporter(ctx)
	if err != nil {
		return fmt.Errorf("read the OTEL_… variables: %w", err)
	}
	provider := sdklog.NewLoggerProvider(sdklog.WithResource(about), sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))
	t.logs = otelslog.NewHandler(scope, otelslog.WithLoggerProvider(provider), otelslog.WithVersion(version))
	t.stop = append(t.stop, provider.Shutdown)
	return nil
}

// asked reports whether the environment asks for a signal to be exported.
// OpenTelemetry itself would take an empty environment for OTLP to localhost.
func asked(signal string) bool {
	if os.Getenv("OTEL_SDK_DISABLED") == "true" {
		return false
	}
	return os.Getenv("OTEL_"+signal+"_EXPORTER") != "" ||
		os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" ||
		os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT") != ""
}

// askedForLogs is asked of the log, which an endpoint for all signals does not ask
// for: it is on standard error, and a collector of traces may not take it.
func askedForLogs() bool {
	exporter := os.Getenv("OTEL_LOGS_EXPORTER")
	return asked("LOGS") && exporter != "none" && (exporter != "" || os.Getenv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT") != "")
}

// close sends what is still held.
func (t *telemetry) close(ctx context.Context) error {
	var errs []error
	for _, stop := range t.stop {
		errs = append(errs, stop(ctx))
	}
	return errors.Join(errs...)
}
