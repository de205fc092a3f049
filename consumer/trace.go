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
	for i := range headers {
		if headers[i].Key != TraceHeader {
			continue
		}
		parent := traceparent(headers[i].Value)
		ctx := propagation.TraceContext{}.Extract(context.Background(), &parent)
		if !trace.SpanContextFromContext(ctx).IsSampled() {
			return nil
		}
		propagation.TraceContext{}.Inject(ctx, &parent)
		return []kafka.Header{{Key: TraceHeader, Value: []byte(parent)}}
	}
	return nil
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
