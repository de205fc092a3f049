package worker

import (
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// A span that begins a trace is sampled with what it is linked to, by the samplers that
// follow their parents. The test sets variables and cannot be parallel.
func TestSamplerFollowsLinks(t *testing.T) {
	sampled := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
	not := sampled.WithTraceFlags(0)
	for _, test := range []struct {
		sampler, arg string
		link         trace.SpanContext
		sampled      bool
	}{
		{"parentbased_always_off", "", sampled, true},
		{"parentbased_always_off", "", not, false},
		{"parentbased_traceidratio", "0", sampled, true},
		{"parentbased_traceidratio", "0", not, false},
		{"parentbased_traceidratio", "1", not, true},
		{"ParentBased_TraceIDRatio", " 0 ", sampled, true},
	} {
		t.Setenv("OTEL_TRACES_SAMPLER", test.sampler)
		t.Setenv("OTEL_TRACES_SAMPLER_ARG", test.arg)
		tracer := sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler())).Tracer("test")
		ctx, span := tracer.Start(t.Context(), "window", trace.WithLinks(trace.Link{SpanContext: test.link}))
		if got := span.SpanContext().IsSampled(); got != test.sampled {
			t.Errorf("%s %s, linked to a span that is sampled %t: %t, want %t", test.sampler, test.arg, test.link.IsSampled(), got, test.sampled)
		}
		if _, child := tracer.Start(ctx, "batch"); child.SpanContext().IsSampled() != test.sampled {
			t.Errorf("%s: the child's decision is not its parent's", test.sampler)
		}
	}
	for _, other := range []string{"", "always_on", "always_off", "traceidratio", "parentbased_always_on", "pigeon"} {
		t.Setenv("OTEL_TRACES_SAMPLER", other)
		if s := sampler(); s != nil {
			t.Errorf("%q: %s, want the SDK's own", other, s.Description())
		}
	}
	t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
	t.Setenv("OTEL_TRACES_SAMPLER_ARG", "half")
	if s := sampler(); s != nil {
		t.Errorf("of a wrong ratio: %s, want the SDK's own, which complains", s.Description())
	}
}
