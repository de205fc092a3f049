package worker_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"muster/uploader/facebook/graphtest"
)

// The trace contexts of two producers; the second one is not sampled.
const (
	sampledParent   = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	unsampledParent = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203332-00"
)

// produceTraced is produce under a producer's trace context.
func (w *world) produceTraced(topic, key string, value []byte, parent string) {
	w.t.Helper()
	res, err := w.client.Produce(w.t.Context(), &kafka.ProduceRequest{
		Topic: topic, RequiredAcks: kafka.RequireAll,
		Records: kafka.NewRecordReader(kafka.Record{
			Key: kafka.NewBytes([]byte(key)), Value: kafka.NewBytes(value), Headers: []kafka.Header{{Key: "traceparent", Value: []byte(parent)}},
		}),
	})
	if err != nil || res.Error != nil {
		w.t.Fatal(err, res)
	}
}

// From a producer's span, by links and parents, one comes to Facebook's answer: the
// batches that the event was part of, the window that sends it, the batch, each try.
func TestOneTraceFromTheEventToTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic("identify", 1)
		w.topic("audience-membership", 1)
		spans := tracetest.NewSpanRecorder()
		w.tracers = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
		w.graph.Inject(graphtest.Fault{Kind: graphtest.HTTP500, Match: graphtest.Match{Op: graphtest.OpAdd}, Count: 3})
		var log bytes.Buffer
		_, stop := w.run(w.config(), &log)
		w.produceTraced("audience-membership", "u1", entered("u1", "vip", "jane@example.com", true), sampledParent)
		w.await("the row", func() bool { return w.lines()["vip"] == 1 })
		w.produceTraced("audience-membership", "u2", entered("u2", "other", "joe@example.com", true), unsampledParent)
		w.await("both rows", func() bool { return cmp.Equal(w.lines(), map[string]int{"vip": 1, "other": 1}) })
		if err := stop(); err != nil {
			t.Error(err)
		}
		found := following(spans.Ended(), sampledParent)
		var names []string
		for _, s := range found {
			if n := s.Name(); !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
		slices.Sort(names)
		want := []string{
			"GET /{version}/{account}/customaudiences", "POST /{version}/{account}/customaudiences", "POST /{version}/{audience}/users",
			"poll audience-membership", "poll muster.members", "process audience-membership", "process muster.members", "upload batch", "upload window",
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Fatalf("reached from the producer's span (-want +got):\n%s", diff)
		}
		var tries []string
		for _, s := range found {
			a := attribute.NewSet(s.Attributes()...)
			if s.Name() != "POST /{version}/{audience}/users" {
				continue
			}
			text := ""
			for _, k := range []attribute.Key{"muster.facebook.try", "muster.facebook.rows", "http.response.status_code", "muster.facebook.class"} {
				v, _ := a.Value(k)
				text += v.String() + " "
			}
			if wait, ok := a.Value("muster.facebook.wait"); !ok || wait.AsFloat64() < 0 || (len(tries) > 0 && wait.AsFloat64() == 0) {
				t.Errorf("try %s has waited %v", text, wait.String())
			}
			tries = append(tries, text)
			if size, ok := a.Value("http.request.body.size"); !ok || size.AsInt64() == 0 {
				t.Errorf("try %s has no size", text)
			}
		}
		if diff := cmp.Diff([]string{"1 1 500 transient ", "2 1 500 transient ", "3 1 500 transient ", "4 1 200 ok "}, tries); diff != "" {
			t.Errorf("tries of the request (-want +got):\n%s", diff)
		}
		for _, s := range spans.Ended() {
			if s.Name() == "upload batch" && !s.Parent().IsValid() {
				t.Error("a batch outside of any window")
			}
		}
		if n := len(following(spans.Ended(), unsampledParent)); n != 0 {
			t.Errorf("%d spans are linked to a producer's that is not sampled", n)
		}
		window := found[slices.IndexFunc(found, func(s sdktrace.ReadOnlySpan) bool { return s.Name() == "upload window" })]
		if id := window.SpanContext().TraceID().String(); !regexp.MustCompile(`trying again.* trace_id=` + id).MatchString(log.String()) {
			t.Errorf("the log does not tell of the failures, or not of their trace:\n%s", &log)
		}
		if !strings.Contains(log.String(), "recovered_after=3") || strings.Count(log.String(), "Facebook does not answer") != 1 {
			t.Errorf("the log does not tell once of the failures and once of their end:\n%s", &log)
		}
	})
}

// following returns the spans that are reached from a span by children and by links to
// it, in the order of their beginning.
func following(spans []sdktrace.ReadOnlySpan, parent string) []sdktrace.ReadOnlySpan {
	var id [3]string
	copy(id[:], strings.SplitN(parent, "-", 4)[1:])
	reached := map[string]bool{id[0] + id[1]: true}
	key := func(c trace.SpanContext) string { return c.TraceID().String() + c.SpanID().String() }
	var found []sdktrace.ReadOnlySpan
	for more := true; more; {
		more = false
		for _, s := range spans {
			follows := reached[key(s.Parent())]
			for _, l := range s.Links() {
				follows = follows || reached[key(l.SpanContext)]
			}
			if follows && !reached[key(s.SpanContext())] {
				reached[key(s.SpanContext())], more = true, true
				found = append(found, s)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b sdktrace.ReadOnlySpan) int { return a.StartTime().Compare(b.StartTime()) })
	return found
}
