package worker_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/segmentio/kafka-go"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"muster/cmd/internal/config"
	"muster/cmd/internal/page"
	"muster/cmd/internal/worker"
	"muster/consumer"
	"muster/uploader/facebook/graphtest"
)

// Nothing that names a person directly, and no secret, is at rest in Muster's topics or
// told by its log, spans, metrics, state and pages, whatever becomes of the records that say it (I8): used, refused by Facebook, not
// read, not keyed, erased.
func TestNothingDirectIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic("identify", 1, kafka.ConfigEntry{ConfigName: "cleanup.policy", ConfigValue: "compact"})
		w.topic("audience-membership", 1)
		var log bytes.Buffer
		spans, measured := tracetest.NewSpanRecorder(), sdkmetric.NewManualReader()
		w.tracers = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
		w.meters = sdkmetric.NewMeterProvider(sdkmetric.WithReader(measured))
		c := w.config()
		c.Erase.Scope = config.EraseAccount
		replica, stop := w.run(c, &log)
		w.graph.Inject(graphtest.Fault{Kind: graphtest.BadData, Match: graphtest.Match{Op: graphtest.OpAdd}, Count: 2})
		for _, user := range []string{"User-4711", "User-4712", "User-4713"} {
			w.produce("identify", user, fmt.Appendf(nil, `{"type":"identify","userId":%q,"traits":{"email":"Jane.%[1]s@Example.com","phone":"+1 202 555 0143",`+
				`"firstName":"Janina","lastName":"Roehampton","birthday":"1987-03-14","address":{"city":"Upper Springfield","postalCode":"62704","country":"US"}}}`, user))
			w.produce("audience-membership", user, entered(user, "vip", "roe@example.com", true))
		}
		w.produce("identify", "User-4711", []byte(`{"type":"identify","traits":{"email":"Jane@Example.com"`))
		w.produce("identify", "Jane@Example.com", entered("User-4711", "vip", "roe@example.com", true))
		w.produceTo("identify", 0, nil, entered("User-4711", "vip", "roe@example.com", true))
		w.await("the rows", func() bool { return w.lines()["vip"] > 0 })
		w.produce("audience-membership", "User-4712", entered("User-4712", "vip", "roe@example.com", false))
		w.produce("identify", "User-4713", nil)
		w.await("the removals", func() bool { return w.lines()["vip"] <= 2 })
		state := fmt.Sprint(replica.Status())
		if err := stop(); err != nil {
			t.Error(err)
		}
		pages := w.pages(c, "/", "/audience?key=vip")
		kept := w.kept(t, "muster.profiles", "muster.members", "muster.uploads", "muster.audiences", "muster.dead-letter", "muster.rejected", "muster.audit", "muster.commands", "muster.replicas")
		told := map[string]string{"the log": traceIDs.ReplaceAllString(log.String(), ""), "the spans": spansText(spans.Ended()), "the metrics": metricsText(t, measured), "the state": state, "the pages": pages}
		for _, topic := range []string{"muster.profiles", "muster.members", "muster.uploads", "muster.dead-letter", "muster.rejected", "muster.replicas"} {
			if kept[topic] == "" {
				t.Errorf("%s holds nothing: the test is blind", topic)
			}
		}
		for where, text := range merged(kept, told) {
			for _, direct := range []string{"user-471", "example.com", "5550143", "555 0143", "janina", "roehampton", "springfield", "62704", "1987-03"} {
				if strings.Contains(strings.ToLower(text), direct) {
					t.Errorf("%s holds %q", where, direct)
				}
			}
			for _, secret := range []string{graphtest.DefaultToken, "a secret of the test"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s holds the secret %q", where, secret)
				}
			}
		}
		// What is told holds no hash and no user key either.
		for where, text := range told {
			if text == "" {
				t.Errorf("%s tell nothing: the test is blind", where)
			}
			if hash := longHex.FindString(text); hash != "" {
				t.Errorf("%s: %s", where, hash)
			}
		}
	})
}

// pages are those of the status page at some paths.
func (w *world) pages(c *config.Config, paths ...string) (text string) {
	w.t.Helper()
	cluster := w.cluster(c)
	defer cluster.Close()
	board, err := worker.ReadStatus(w.t.Context(), cluster, c)
	if err != nil {
		w.t.Fatal(err)
	}
	h := page.New(page.Options{Board: board, Version: "test"})
	for _, path := range paths {
		got := httptest.NewRecorder()
		h.ServeHTTP(got, httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil))
		if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "vip") {
			w.t.Errorf("%s: %d: the test is blind", path, got.Code)
		}
		text += got.Body.String()
	}
	return text
}

// kept is all that topics hold, headers included, by topic.
func (w *world) kept(t *testing.T, topics ...string) map[string]string {
	t.Helper()
	c := consumer.NewCluster(consumer.ClusterOptions{Brokers: w.kafka.Addrs, Dial: w.kafka.Dial, Logger: slog.New(slog.DiscardHandler)})
	defer c.Close()
	kept := map[string]string{}
	for _, topic := range topics {
		for p := range w.partitions(topic) {
			start, end, err := c.Bounds(t.Context(), topic, p)
			if err != nil {
				t.Fatal(err)
			}
			for r, err := range c.Records(t.Context(), topic, p, start, end) {
				if err != nil {
					t.Fatal(err)
				}
				kept[topic] += fmt.Sprintf("%s %s %s\n", r.Key, r.Value, r.Headers)
			}
		}
	}
	return kept
}

// longHex is what a hash of 16 bytes or more looks like; ids of traces are no value of
// anybody.
var longHex = regexp.MustCompile(`\b[0-9a-f]{32,}\b`)

// traceIDs are in lines of the log.
var traceIDs = regexp.MustCompile(` trace_id=[0-9a-f]{32}`)

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// spansText is all that spans say.
func spansText(spans []sdktrace.ReadOnlySpan) string {
	var b strings.Builder
	for _, s := range spans {
		fmt.Fprintln(&b, s.Name(), s.Attributes(), s.Status(), s.InstrumentationScope())
		for _, e := range s.Events() {
			fmt.Fprintln(&b, e.Name, e.Attributes)
		}
		for _, l := range s.Links() {
			fmt.Fprintln(&b, l.Attributes)
		}
	}
	return b.String()
}

// metricsText is all that metrics say: names, attributes, values.
func metricsText(t *testing.T, reader sdkmetric.Reader) string {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(all.ScopeMetrics)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
