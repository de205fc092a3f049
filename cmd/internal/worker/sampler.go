package worker

import (
	"os"
	"strconv"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// linked samples a span that begins a trace if a span that it is linked to is
// sampled, and leaves the others to root. Producers' traces are linked to, not
// continued: a batch is in many. Without it, parentbased_… would have the decision
// of the producer followed only where there is nothing to decide.
type linked struct{ root sdktrace.Sampler }

// ShouldSample implements sdktrace.Sampler.
func (s linked) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	for _, l := range p.Links {
		if l.SpanContext.IsSampled() {
			return sdktrace.SamplingResult{Decision: sdktrace.RecordAndSample, Tracestate: trace.SpanContextFromContext(p.ParentContext).TraceState()}
		}
	}
	return s.root.ShouldSample(p)
}

// Description implements sdktrace.Sampler.
func (s linked) Description() string { return "Linked{" + s.root.Description() + "}" }

// sampler is what OTEL_TRACES_SAMPLER asks for where it makes a difference to be
// linked; nil leaves the variable to the SDK, which also complains about wrong values.
func sampler() sdktrace.Sampler {
	switch strings.ToLower(strings.TrimSpace(os.Getenv("OTEL_TRACES_SAMPLER"))) {
	case "parentbased_always_off":
		return sdktrace.ParentBased(linked{sdktrace.NeverSample()})
	case "parentbased_traceidratio":
		ratio, err := strconv.ParseFloat(strings.TrimSpace(os.Getenv("OTEL_TRACES_SAMPLER_ARG")), 64)
		if err != nil || ratio < 0 || ratio > 1 {
			return nil
		}
		return sdktrace.ParentBased(linked{sdktrace.TraceIDRatioBased(ratio)})
	}
	return nil
}
