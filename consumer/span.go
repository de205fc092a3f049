package consumer

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// maxLinks is how many producers' traces the spans of one batch are linked to: the
// first ones that are sampled. A link costs about a hundred bytes wherever spans
// are stored, and the SDK drops what is above OTEL_SPAN_LINK_COUNT_LIMIT (128).
const maxLinks = 32

// spans makes the spans of a stage's batches: one for polling, in it one for
// processing, both linked to the producers' spans. The zero value makes none and
// costs nothing.
type spans struct {
	tracer trace.Tracer
	stage  []attribute.KeyValue
}

func newSpans(o *StageOptions) spans {
	return spans{o.Tracer, []attribute.KeyValue{
		semconv.MessagingSystemKafka, semconv.MessagingConsumerGroupName(o.Group), attribute.String(attrStage, o.Name),
	}}
}

// start records the poll that brought a batch, from began to now, and starts the
// span of its processing, which the context returned carries. An empty batch has
// neither.
func (s *spans) start(ctx context.Context, partition int, records []Record, began time.Time) (context.Context, trace.Span) {
	if s.tracer == nil || len(records) == 0 {
		return ctx, noop.Span{}
	}
	attrs := make([]attribute.KeyValue, len(s.stage), len(s.stage)+5)
	copy(attrs, s.stage)
	attrs = append(attrs, semconv.MessagingDestinationPartitionID(strconv.Itoa(partition)), semconv.MessagingBatchMessageCount(len(records)))
	of := ""
	if topic := records[0].Topic; oneTopic(records) {
		of = " " + topic
		attrs = append(attrs, semconv.MessagingDestinationName(topic))
	}
	links := trace.WithLinks(linksOf(records)...)
	ctx, poll := s.tracer.Start(ctx, opPoll+of, trace.WithTimestamp(began), trace.WithSpanKind(trace.SpanKindClient), links, trace.WithAttributes(attrs...),
		trace.WithAttributes(semconv.MessagingOperationTypeReceive, semconv.MessagingOperationName(opPoll)))
	poll.End()
	return s.tracer.Start(ctx, opProcess+of, trace.WithSpanKind(trace.SpanKindConsumer), links, trace.WithAttributes(attrs...),
		trace.WithAttributes(semconv.MessagingOperationTypeProcess, semconv.MessagingOperationName(opProcess)))
}

// endSpan ends a span that start returned; a batch that was not committed is an error.
func endSpan(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// oneTopic reports whether all records are of one topic.
func oneTopic(records []Record) bool {
	for i := range records {
		if records[i].Topic != records[0].Topic {
			return false
		}
	}
	return true
}

// linksOf returns links to the sampled spans by which records were produced, each
// once, with the coordinates of its first record.
func linksOf(records []Record) []trace.Link {
	var links []trace.Link
	var seen [maxLinks][]byte
	for i := range records {
		r := &records[i]
		parent := traceOf(r.Headers)
		if parent == nil || contains(seen[:len(links)], parent) {
			continue
		}
		ctx, ok := extract(parent)
		if !ok {
			continue
		}
		seen[len(links)] = parent
		links = append(links, trace.Link{SpanContext: trace.SpanContextFromContext(ctx), Attributes: []attribute.KeyValue{
			semconv.MessagingDestinationName(r.Topic), semconv.MessagingDestinationPartitionID(strconv.Itoa(r.Partition)), semconv.MessagingKafkaOffset(int(r.Offset)),
		}})
		if len(links) == maxLinks {
			break
		}
	}
	return links
}

func contains(list [][]byte, v []byte) bool {
	for i := len(list) - 1; i >= 0; i-- { // a producer's batch has one span
		if bytes.Equal(list[i], v) {
			return true
		}
	}
	return false
}
