package consumer

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// parentNumber is the n-th producer's trace context.
func parentNumber(n int, sampled bool) []kafka.Header {
	flags := "00"
	if sampled {
		flags = "01"
	}
	return []kafka.Header{{Key: "who", Value: []byte("jane@example.com")},
		{Key: TraceHeader, Value: fmt.Appendf(nil, "00-%032x-%016x-%s", n+1, n+1, flags)}}
}

func recordedSpans() (spans, *tracetest.SpanRecorder) {
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	return newSpans(&StageOptions{Name: "membership", Group: "muster-membership", Tracer: provider.Tracer("test")}), recorder
}

func attributes(kvs []attribute.KeyValue) map[string]string {
	m := map[string]string{}
	for _, kv := range kvs {
		m[string(kv.Key)] = kv.Value.String()
	}
	return m
}

// A batch has a poll span and, in it, a process span, named and attributed by the
// conventions, with nothing of a record but coordinates.
func TestSpansOfABatch(t *testing.T) {
	t.Parallel()
	s, recorder := recordedSpans()
	began := time.Now().Add(-time.Second)
	records := []Record{
		{Topic: "identify", Partition: 3, Offset: 7, Key: []byte("jane"), Headers: parentNumber(0, true)},
		{Topic: "identify", Partition: 3, Offset: 8, Headers: parentNumber(0, true)},
		{Topic: "identify", Partition: 3, Offset: 9, Headers: parentNumber(1, false)},
		{Topic: "identify", Partition: 3, Offset: 10, Headers: parentNumber(2, true)},
	}
	ctx, span := s.start(t.Context(), 3, records, began)
	if !trace.SpanFromContext(ctx).SpanContext().Equal(span.SpanContext()) {
		t.Error("the context does not carry the process span")
	}
	endSpan(span, errors.New("append to changelog: fenced"))
	ended := recorder.Ended()
	if len(ended) != 2 {
		t.Fatalf("%d spans", len(ended))
	}
	poll, process := ended[0], ended[1]
	if poll.Name() != "poll identify" || process.Name() != "process identify" ||
		poll.SpanKind() != trace.SpanKindClient || process.SpanKind() != trace.SpanKindConsumer {
		t.Errorf("%s (%s), %s (%s)", poll.Name(), poll.SpanKind(), process.Name(), process.SpanKind())
	}
	if process.Parent().SpanID() != poll.SpanContext().SpanID() || !poll.StartTime().Equal(began) {
		t.Error("the process span is not in the poll span, or that does not begin with its first record")
	}
	if process.Status().Code != codes.Error {
		t.Error("the error is not in the status")
	}
	want := map[string]string{
		"messaging.system": "kafka", "messaging.consumer.group.name": "muster-membership", "muster.stage": "membership",
		"messaging.destination.name": "identify", "messaging.destination.partition.id": "3", "messaging.batch.message_count": "4",
		"messaging.operation.name": "process", "messaging.operation.type": "process",
	}
	if diff := cmp.Diff(want, attributes(process.Attributes())); diff != "" {
		t.Error(diff)
	}
	want["messaging.operation.name"], want["messaging.operation.type"] = "poll", "receive"
	if diff := cmp.Diff(want, attributes(poll.Attributes())); diff != "" {
		t.Error(diff)
	}
	for _, span := range ended {
		links := span.Links()
		if len(links) != 2 {
			t.Fatalf("%s: %d links, want those of two sampled producers", span.Name(), len(links))
		}
		if got := links[1].SpanContext.TraceID().String(); got != fmt.Sprintf("%032x", 3) {
			t.Errorf("second link to trace %s", got)
		}
		if diff := cmp.Diff(map[string]string{
			"messaging.destination.name": "identify", "messaging.destination.partition.id": "3", "messaging.kafka.offset": "10",
		}, attributes(links[1].Attributes)); diff != "" {
			t.Error(diff)
		}
	}
}

// A batch of several topics names none; links are capped.
func TestSpansOfManyProducers(t *testing.T) {
	t.Parallel()
	s, recorder := recordedSpans()
	var records []Record
	for i := range 3 * maxLinks {
		records = append(records, Record{Topic: fmt.Sprint("source", i%2), Offset: int64(i), Headers: parentNumber(i, true)})
	}
	_, span := s.start(t.Context(), 0, records, time.Now())
	endSpan(span, nil)
	for _, span := range recorder.Ended() {
		if _, named := attributes(span.Attributes())["messaging.destination.name"]; named || len(span.Links()) != maxLinks || span.Status().Code != codes.Unset {
			t.Errorf("%s: destination named %t, %d links, status %v", span.Name(), named, len(span.Links()), span.Status())
		}
	}
	if names := [2]string{recorder.Ended()[0].Name(), recorder.Ended()[1].Name()}; names != [2]string{"poll", "process"} {
		t.Errorf("spans %v", names)
	}
}

// Without a tracer, and for a batch of nothing, there are no spans.
func TestNoSpans(t *testing.T) {
	t.Parallel()
	ctx, span := new(spans).start(t.Context(), 0, []Record{{Headers: parentNumber(0, true)}}, time.Now())
	if span.IsRecording() || ctx != t.Context() {
		t.Error("a span without a tracer")
	}
	s, recorder := recordedSpans()
	_, span = s.start(t.Context(), 0, nil, time.Now())
	endSpan(span, nil)
	if len(recorder.Started()) != 0 {
		t.Error("spans of an empty batch")
	}
}

// BenchmarkSpans is what tracing adds to a batch of 1,000 records; an op is a batch.
func BenchmarkSpans(b *testing.B) {
	batches := func(headers func(int) []kafka.Header) []Record {
		records := make([]Record, 1000)
		for i := range records {
			records[i] = Record{Topic: "identify", Offset: int64(i), Headers: headers(i)}
		}
		return records
	}
	none := func(int) []kafka.Header { return nil }
	unsampled := func(i int) []kafka.Header { return parentNumber(i, false) }
	sampled := func(i int) []kafka.Header { return parentNumber(i, true) }
	on := newSpans(&StageOptions{Name: "s", Group: "g", Tracer: sdktrace.NewTracerProvider().Tracer("bench")})
	for _, c := range []struct {
		name    string
		spans   spans
		headers func(int) []kafka.Header
	}{
		{"off", spans{}, sampled},
		{"on/no-trace", on, none},
		{"on/unsampled", on, unsampled},
		{"on/sampled", on, sampled},
	} {
		b.Run(c.name, func(b *testing.B) {
			records := batches(c.headers)
			b.ReportAllocs()
			for b.Loop() {
				_, span := c.spans.start(b.Context(), 0, records, time.Time{})
				endSpan(span, nil)
			}
		})
	}
}
