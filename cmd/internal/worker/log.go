package worker

import (
	"context"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"muster/cmd/internal/config"
)

// Logger writes to w as configured.
func Logger(c config.Log, w io.Writer) *slog.Logger {
	level := map[string]slog.Level{
		"debug": slog.LevelDebug, "warn": slog.LevelWarn, "error": slog.LevelError,
	}[c.Level] // info is the zero level
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// traced adds the ids of the span that a line is about, so that its trace is found.
type traced struct{ slog.Handler }

// Handle implements slog.Handler.
func (h traced) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (h traced) WithGroup(name string) slog.Handler { return traced{h.Handler.WithGroup(name)} }

// alsoTo has lines that log takes handled by another handler too, which has no level
// of its own.
func alsoTo(log *slog.Logger, other slog.Handler) *slog.Logger {
	return slog.New(slog.NewMultiHandler(log.Handler(), levelOf{other, log.Handler()}))
}

// levelOf takes what another handler takes.
type levelOf struct {
	slog.Handler
	of slog.Handler
}

// Enabled implements slog.Handler.
func (h levelOf) Enabled(ctx context.Context, l slog.Level) bool { return h.of.Enabled(ctx, l) }

// WithAttrs implements slog.Handler.
func (h levelOf) WithAttrs(attrs []slog.Attr) slog.Handler {
	return levelOf{h.Handler.WithAttrs(attrs), h.of}
}

// WithGroup implements slog.Handler.
func (h levelOf) WithGroup(name string) slog.Handler { return levelOf{h.Handler.WithGroup(name), h.of} }
