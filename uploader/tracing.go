package uploader

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"muster/consumer"
)

// The spans of what goes to Facebook: a window holds its batches, a batch its
// attempts, which the client makes. A window begins a trace of its own, linked to
// the producers' spans of the changes it sends: they are in as many traces.

// The outcomes of a window.
const (
	windowSent      = "sent"
	windowAbandoned = "abandoned"
)

// window starts a window's span, linked to the traces of what it sends.
func (t *telemetry) window(ctx context.Context, a *audience) trace.Span {
	return t.root(ctx, spanWindow, a, trace.WithLinks(a.links.take()...), trace.WithAttributes(keyPending.Int64(a.counts.pending)))
}

// replacing starts a replacement's span; a new owner's is another one.
func (t *telemetry) replacing(ctx context.Context, a *audience) trace.Span {
	return t.root(ctx, spanReplace, a)
}

func (t *telemetry) deleting(ctx context.Context, a *audience) trace.Span {
	return t.root(ctx, spanDelete, a)
}

func (t *telemetry) root(ctx context.Context, name string, a *audience, options ...trace.SpanStartOption) trace.Span {
	options = append(options, trace.WithNewRoot())
	if name := t.labels.name(a.key, a.row.FacebookId); name != "" {
		options = append(options, trace.WithAttributes(keyAudience.String(name)))
	}
	_, span := t.tracer.Start(ctx, name, options...)
	return span
}

// windowEnded ends a window that ran to its end.
func (t *telemetry) windowEnded(w *window, now time.Time) {
	w.span.End()
	t.windows.Record(context.Background(), now.Sub(w.started).Seconds(), metric.WithAttributes(keyOutcome.String(windowSent)))
}

// windowAbandoned ends one that was given up, and the batch it was at.
func (t *telemetry) windowAbandoned(w *window, now time.Time, reason string) {
	w.batch.end(reason)
	w.span.SetStatus(codes.Error, reason)
	w.span.End()
	t.abandonedOnes.Add(context.Background(), 1, metric.WithAttributes(keyReason.String(reason)))
	t.windows.Record(context.Background(), now.Sub(w.started).Seconds(), metric.WithAttributes(keyOutcome.String(windowAbandoned)))
}

// batch starts the span of a batch that is ready to be sent, its waiting for the
// account's turn included, unless it has one. It belongs to the span of what the
// audience is doing.
func (t *telemetry) batch(ctx context.Context, a *audience, b *batch, now time.Time) {
	b.waiting(now)
	if b.span != nil {
		return
	}
	_, b.span = t.tracer.Start(trace.ContextWithSpan(ctx, a.span()), spanBatch, trace.WithAttributes(
		keyOp.String(b.op.String()), keyNumber.Int64(b.number), keyRows.Int(b.rows)))
}

// waiting notes since when the next try could be made, if none is under way.
func (b *batch) waiting(now time.Time) {
	if b.since.IsZero() {
		b.since = now
	}
}

// attempt notes that the next try begins, and returns how long it has waited: for
// the account's turn, and after a failure for the time to try again.
func (b *batch) attempt(now time.Time) (waited time.Duration) {
	waited = now.Sub(b.since)
	b.waited += waited
	b.attempts++
	b.since = time.Time{}
	return waited
}

// end ends the batch's span, if it has one: problem says why it was not taken by
// Facebook as it was, "" that it was.
func (b *batch) end(problem string) {
	if b == nil || b.span == nil {
		return
	}
	b.span.SetAttributes(keyTries.Int(b.attempts), keyWait.Float64(b.waited.Seconds()))
	if problem != "" {
		b.span.SetStatus(codes.Error, problem)
	}
	b.span.End()
	b.span = nil
}

// span is that of what the audience is doing.
func (a *audience) span() trace.Span {
	switch {
	case a.window != nil:
		return a.window.batch.spanOr(a.window.span)
	case a.replacing != nil:
		return a.replacing.batch.spanOr(a.replacing.span)
	default:
		return trace.SpanFromContext(context.Background()) // none
	}
}

func (b *batch) spanOr(span trace.Span) trace.Span {
	if b == nil || b.span == nil {
		return span
	}
	return b.span
}

// under is ctx with the span of what the audience is doing, for the log.
func (a *audience) under(ctx context.Context) context.Context {
	return trace.ContextWithSpan(ctx, a.span())
}

// maxLinks is how many producers' traces one window is linked to.
const maxLinks = 32

// traceLinks are the traces of changes that the next window sends.
type traceLinks []trace.Link

// add takes the sampled trace context of a record, if there is one, once.
func (l *traceLinks) add(headers []kafka.Header) {
	if len(*l) >= maxLinks || len(headers) == 0 {
		return
	}
	span := consumer.ParentOf(headers)
	if !span.IsValid() {
		return
	}
	for _, other := range *l {
		if other.SpanContext.Equal(span) {
			return
		}
	}
	*l = append(*l, trace.Link{SpanContext: span})
}

func (l *traceLinks) take() []trace.Link {
	links := *l
	*l = nil
	return links
}
