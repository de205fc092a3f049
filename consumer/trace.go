package consumer

import (
	"context"

	"github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// TraceHeader is the record header that carries the W3C trace context of a
// producer, from the source records to muster.members.
const TraceHeader = "traceparent"

// TraceOf returns the headers an emission takes over from a record: its trace
// context, when that is well formed and sampled. Nothing else is taken over, as
// nobody knows what producers put in headers (I8).
func TraceOf(headers []kafka.Header) []kafka.Header {
	ctx, ok := extract(traceOf(headers))
	if !ok {
		return nil
	}
	var parent traceparent
	propagation.TraceContext{}.Inject(ctx, &parent)
	return []kafka.Header{{Key: TraceHeader, Value: []byte(parent)}}
}

// ParentOf returns the producer's trace context in a record's headers, when that is
// well formed and sampled; else one that is not valid.
func ParentOf(headers []kafka.Header) trace.SpanContext {
	ctx, ok := extract(traceOf(headers))
	if !ok {
		return trace.SpanContext{}
	}
	return trace.SpanContextFromContext(ctx)
}

// traceOf returns the first trace context in headers, if it may be sampled. Most
// producers' are not: looking at one digit spares parsing them.
func traceOf(headers []kafka.Header) []byte {
	for i := range headers {
		if headers[i].Key != TraceHeader {
			continue
		}
		if v := headers[i].Value; len(v) >= traceLen && odd(v[traceLen-1]) {
			return v
		}
		return nil
	}
	return nil
}

// traceLen is the length of "00-<32 digits>-<16 digits>-<2 digits>". The last bit of
// the last digit says sampled.
const traceLen = 55

// odd reports whether a hexadecimal digit is of an odd number.
func odd(digit byte) bool {
	if digit >= 'a' {
		return digit&1 == 0
	}
	return digit&1 == 1
}

func extract(value []byte) (context.Context, bool) {
	if value == nil {
		return nil, false
	}
	parent := traceparent(value)
	ctx := propagation.TraceContext{}.Extract(context.Background(), &parent)
	return ctx, trace.SpanContextFromContext(ctx).IsSampled()
}

// traceparent carries that one header.
type traceparent string

func (p *traceparent) Get(key string) string {
	if key == TraceHeader {
		return string(*p)
	}
	return ""
}

func (p *traceparent) Set(key, value string) {
	if key == TraceHeader {
		*p = traceparent(value)
	}
}

func (p *traceparent) Keys() []string { return []string{TraceHeader} }
