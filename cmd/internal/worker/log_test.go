package worker

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"muster/cmd/internal/config"
)

// A line that is about a span has its ids, in either format; another one has none.
func TestLogHasTraceIDs(t *testing.T) {
	t.Parallel()
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{0xab}, SpanID: trace.SpanID{0xcd}})
	ctx := trace.ContextWithSpanContext(t.Context(), span)
	var out bytes.Buffer
	log := slog.New(traced{Logger(config.Log{Format: "json"}, &out).Handler()}).With("stage", "uploader")
	log.InfoContext(ctx, "with")
	log.Info("without")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var with, without map[string]any
	if len(lines) != 2 || json.Unmarshal([]byte(lines[0]), &with) != nil || json.Unmarshal([]byte(lines[1]), &without) != nil {
		t.Fatalf("got %s", &out)
	}
	if with["trace_id"] != span.TraceID().String() || with["span_id"] != span.SpanID().String() || with["stage"] != "uploader" {
		t.Errorf("got %v", with)
	}
	if _, has := without["trace_id"]; has {
		t.Errorf("got %v", without)
	}
	out.Reset()
	slog.New(traced{Logger(config.Log{Format: "text"}, &out).Handler()}).InfoContext(ctx, "with")
	if !strings.Contains(out.String(), " trace_id=ab000000") {
		t.Errorf("got %s", &out)
	}
}

// What goes to a second handler has the first one's level.
func TestAlsoTo(t *testing.T) {
	t.Parallel()
	var first, second bytes.Buffer
	log := alsoTo(Logger(config.Log{Level: "warn"}, &first), slog.NewTextHandler(&second, &slog.HandlerOptions{Level: slog.LevelDebug})).With("a", 1)
	log.Info("unimportant")
	log.Warn("important")
	for name, out := range map[string]string{"first": first.String(), "second": second.String()} {
		if strings.Contains(out, "unimportant") || !strings.Contains(out, "msg=important a=1") {
			t.Errorf("%s: %s", name, out)
		}
	}
}
