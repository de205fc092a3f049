package facebook

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/trace"
)

// The names of this package's telemetry. Beside them an attempt carries the
// HTTP client conventions, url.full excepted: it would hold ids and the proof.
// Ids of audiences and accounts are in spans, never in metrics; names, rows and
// hashes are in neither.
const (
	scopeName = "muster/uploader/facebook"

	metricAttempts        = "muster.facebook.attempts"
	metricVersionWarnings = "muster.facebook.version_warnings"

	keyOp         = attribute.Key("muster.facebook.op")
	keyClass      = attribute.Key("muster.facebook.class") // "ok" on success
	keyScope      = attribute.Key("muster.facebook.scope")
	keyTry        = attribute.Key("muster.facebook.try")  // from 1
	keyWait       = attribute.Key("muster.facebook.wait") // seconds before this try
	keyRows       = attribute.Key("muster.facebook.rows")
	keyCode       = attribute.Key("muster.facebook.code")
	keySubcode    = attribute.Key("muster.facebook.subcode")
	keyTrace      = attribute.Key("muster.facebook.fbtrace_id")
	keyUnknown    = attribute.Key("muster.facebook.unknown")
	keyRetryAfter = attribute.Key("muster.facebook.retry_after") // seconds
	keyUsage      = attribute.Key("muster.facebook.usage")       // percent, highest of all limits
	keyReceived   = attribute.Key("muster.facebook.num_received")
	keyInvalid    = attribute.Key("muster.facebook.num_invalid")
	keyAudience   = attribute.Key("muster.facebook.audience_id")
	keyAccount    = attribute.Key("muster.facebook.account_id")

	classOK = "ok"
)

// telemetry holds the instruments. No trace context is sent to Facebook.
type telemetry struct {
	tracer   trace.Tracer
	attempts metric.Int64Counter
	warnings metric.Int64Counter
	duration httpconv.ClientRequestDuration
	host     string
	port     int
}

func newTelemetry(tracers trace.TracerProvider, meters metric.MeterProvider, base *url.URL) (telemetry, error) {
	if tracers == nil {
		tracers = otel.GetTracerProvider()
	}
	if meters == nil {
		meters = otel.GetMeterProvider()
	}
	t := telemetry{tracer: tracers.Tracer(scopeName), host: base.Hostname(), port: 443}
	if base.Scheme == "http" {
		t.port = 80
	}
	if port, err := strconv.Atoi(base.Port()); err == nil {
		t.port = port
	}
	meter := meters.Meter(scopeName)
	var err error
	if t.attempts, err = meter.Int64Counter(metricAttempts, metric.WithUnit("{attempt}"),
		metric.WithDescription("HTTP attempts at the Graph API by operation and class.")); err != nil {
		return telemetry{}, err
	}
	if t.warnings, err = meter.Int64Counter(metricVersionWarnings, metric.WithUnit("{answer}"),
		metric.WithDescription("Answers that warn of a deprecated API version.")); err != nil {
		return telemetry{}, err
	}
	t.duration, err = httpconv.NewClientRequestDuration(meter)
	return t, err
}

type tryKey struct{}

// try is what an attempt's span says of the request that the attempt is for.
type try struct {
	number int
	waited time.Duration
}

// WithTry says which try of its request the next attempt is, from 1, and how long it
// has waited to be made, for its span.
func WithTry(ctx context.Context, number int, waited time.Duration) context.Context {
	return context.WithValue(ctx, tryKey{}, try{number, waited})
}

func (t *telemetry) start(ctx context.Context, c *call) (context.Context, trace.Span) {
	s := specs[c.op]
	attrs := []attribute.KeyValue{
		semconv.HTTPRequestMethodKey.String(s.method), semconv.URLTemplate(s.template),
		semconv.ServerAddress(t.host), semconv.ServerPort(t.port),
		keyOp.String(string(c.op)),
	}
	if c.audience != "" {
		attrs = append(attrs, keyAudience.String(string(c.audience)))
	}
	if c.account != "" {
		attrs = append(attrs, keyAccount.String(string(c.account)))
	}
	if s.method != "GET" {
		attrs = append(attrs, semconv.HTTPRequestBodySize(int(c.size())))
	}
	if c.rows > 0 {
		attrs = append(attrs, keyRows.Int(c.rows))
	}
	if try, _ := ctx.Value(tryKey{}).(try); try.number > 0 {
		attrs = append(attrs, keyTry.Int(try.number), keyWait.Float64(try.waited.Seconds()))
		if try.number > 1 {
			attrs = append(attrs, semconv.HTTPRequestResendCount(try.number-1))
		}
	}
	return t.tracer.Start(ctx, s.method+" "+s.template, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...))
}

// end closes the span and counts the attempt, once each.
func (t *telemetry) end(ctx context.Context, span trace.Span, c *call, a answer, failure *Error, took time.Duration) {
	s := specs[c.op]
	class := classOK
	measured := []attribute.KeyValue{semconv.URLTemplate(s.template)}
	if a.status != 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(a.status))
		measured = append(measured, semconv.HTTPResponseStatusCode(a.status))
	}
	if percent := a.usage.Percent(); percent > 0 {
		span.SetAttributes(keyUsage.Float64(percent))
	}
	if failure != nil {
		class = failure.Class.String()
		measured = append(measured, semconv.ErrorTypeKey.String(class))
		span.SetAttributes(semconv.ErrorTypeKey.String(class), keyScope.String(failure.Scope.String()),
			keyUnknown.Bool(failure.Unknown), keyCode.Int(failure.Code), keySubcode.Int(failure.Subcode),
			keyRetryAfter.Float64(failure.RetryAfter.Seconds()), keyTrace.String(failure.TraceID))
		span.SetStatus(codes.Error, failure.Title)
	}
	span.SetAttributes(keyClass.String(class))
	span.End()
	t.attempts.Add(ctx, 1, metric.WithAttributes(keyOp.String(string(c.op)), keyClass.String(class)))
	if a.warned {
		t.warnings.Add(ctx, 1)
	}
	t.duration.Record(ctx, took.Seconds(), httpconv.RequestMethodAttr(s.method), t.host, t.port, measured...)
}
