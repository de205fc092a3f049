package worker_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	logspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spanpb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"muster/consumer/kafkatest"
	"muster/uploader/facebook/graphtest"
)

// collector takes OTLP, by either protocol.
type collector struct {
	tracepb.UnimplementedTraceServiceServer
	mu      sync.Mutex
	spans   []*spanpb.Span
	metrics []string
	logs    []string
	service []string
}

func (c *collector) Export(_ context.Context, r *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range r.ResourceSpans {
		for _, a := range of.Resource.Attributes {
			if a.Key == "service.name" {
				c.service = append(c.service, a.Value.GetStringValue())
			}
		}
		for _, scope := range of.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
	return new(tracepb.ExportTraceServiceResponse), nil
}

type metricsCollector struct {
	metricspb.UnimplementedMetricsServiceServer
	*collector
}

func (c metricsCollector) Export(_ context.Context, r *metricspb.ExportMetricsServiceRequest) (*metricspb.ExportMetricsServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range r.ResourceMetrics {
		for _, scope := range of.ScopeMetrics {
			for _, m := range scope.Metrics {
				c.metrics = append(c.metrics, m.Name)
			}
		}
	}
	return new(metricspb.ExportMetricsServiceResponse), nil
}

type logsCollector struct {
	logspb.UnimplementedLogsServiceServer
	*collector
}

func (c logsCollector) Export(_ context.Context, r *logspb.ExportLogsServiceRequest) (*logspb.ExportLogsServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range r.ResourceLogs {
		for _, scope := range of.ScopeLogs {
			for _, l := range scope.LogRecords {
				c.logs = append(c.logs, l.Body.GetStringValue())
			}
		}
	}
	return new(logspb.ExportLogsServiceResponse), nil
}

// overHTTP serves the collector by OTLP/HTTP and returns its URL.
func (c *collector) overHTTP(t *testing.T) string {
	mux := http.NewServeMux()
	mux.Handle("POST /v1/traces", exported(c.Export))
	mux.Handle("POST /v1/metrics", exported(metricsCollector{collector: c}.Export))
	mux.Handle("POST /v1/logs", exported(logsCollector{collector: c}.Export))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// exported decodes a request for an Export method.
func exported[Q, A any, PQ interface {
	*Q
	proto.Message
}](export func(context.Context, PQ) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		q := PQ(new(Q))
		if err == nil {
			err = proto.Unmarshal(body, q)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = export(r.Context(), q) // it never fails
	}
}

// overGRPC serves the collector by OTLP/gRPC and returns its URL.
func (c *collector) overGRPC(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	tracepb.RegisterTraceServiceServer(server, c)
	metricspb.RegisterMetricsServiceServer(server, metricsCollector{collector: c})
	logspb.RegisterLogsServiceServer(server, logsCollector{collector: c})
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() { server.Stop(); served.Wait() })
	return "http://" + listener.Addr().String()
}

// The standard variables have traces, metrics and the log sent to a collector, by
// gRPC and by HTTP. The test sets variables and cannot be parallel.
func TestOTLP(t *testing.T) {
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		t.Run(protocol, func(t *testing.T) {
			c := new(collector)
			url := c.overGRPC
			if protocol != "grpc" {
				url = c.overHTTP
			}
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url(t))
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
			t.Setenv("OTEL_LOGS_EXPORTER", "otlp")
			// What begins without a producer's trace is not of interest here.
			t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
			k := kafkatest.StartFake(t)
			w := &world{t: t, kafka: k, client: k.Client(t), graph: graphtest.New(graphtest.Options{})}
			w.topic("identify", 1)
			w.topic("audience-membership", 1)
			config := w.config()
			config.Window, config.FirstSyncQuiet = time.Second, 100*time.Millisecond
			_, stop := w.run(config, io.Discard)
			w.produceTraced("audience-membership", "u1", entered("u1", "vip", "jane@example.com", true), sampledParent)
			w.produceTraced("audience-membership", "u2", entered("u2", "other", "joe@example.com", true), unsampledParent)
			for deadline := time.Now().Add(time.Minute); w.lines()["vip"]+w.lines()["other"] < 2; time.Sleep(50 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the rows have not come to Facebook")
				}
			}
			if err := stop(); err != nil { // which sends what is held
				t.Fatal(err)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			if !c.answered() {
				t.Errorf("no attempt with Facebook's answer in the window linked to the producer's span, of %d spans", len(c.spans))
			}
			for _, s := range c.spans {
				if s.Name == "process identify" {
					t.Error("a batch of events that are not sampled was recorded")
				}
			}
			for _, want := range []string{"muster.membership.records", "muster.facebook.attempts", "muster.uploader.window.duration"} {
				if !slices.Contains(c.metrics, want) {
					t.Errorf("metric %s is not there", want)
				}
			}
			if !slices.Contains(c.logs, "running") || !slices.Contains(c.service, "muster") {
				t.Errorf("log %q of service %q", c.logs, c.service)
			}
		})
	}
}

// answered reports whether an attempt that Facebook answered by 200 is in a batch of a
// window that is linked to the sampled producer's span.
func (c *collector) answered() bool {
	by := map[string]*spanpb.Span{}
	for _, s := range c.spans {
		by[string(s.SpanId)] = s
	}
	for _, s := range c.spans {
		batch := by[string(s.ParentSpanId)]
		if batch == nil || batch.Name != "upload batch" {
			continue
		}
		window := by[string(batch.ParentSpanId)]
		if window == nil || window.Name != "upload window" || len(window.Links) != 1 || !bytes.Equal(window.Links[0].TraceId, []byte("\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c")) {
			continue
		}
		for _, a := range s.Attributes {
			if a.Key == "http.response.status_code" && a.Value.GetIntValue() == 200 {
				return true
			}
		}
	}
	return false
}
