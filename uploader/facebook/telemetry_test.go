package facebook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func TestSpanOfAnAttempt(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	c := newClient(t, says(400, `{"error":{"code":80003,"error_subcode":2446079,"fbtrace_id":"AbC"}}`, headerApp, `{"call_count":64}`), func(o *Options) {
		o.TracerProvider = trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	})
	_, err := c.RemoveUsers(WithTry(t.Context(), 3, 90*time.Second), "123", twoRows)
	if ClassOf(err) != Throttle || len(spans.Ended()) != 1 {
		t.Fatalf("%d spans, %v", len(spans.Ended()), err)
	}
	span := spans.Ended()[0]
	if span.Name() != "DELETE /{version}/{audience}/users" {
		t.Errorf("name %s", span.Name())
	}
	got := attribute.NewSet(span.Attributes()...)
	for key, want := range map[attribute.Key]string{
		"http.request.method": "DELETE", "http.response.status_code": "400", "http.request.resend_count": "2", "error.type": "throttle",
		"server.address": "graph.facebook.com", "server.port": "443", "muster.facebook.op": "remove_users", "muster.facebook.class": "throttle",
		"muster.facebook.scope": "account", "muster.facebook.try": "3", "muster.facebook.wait": "90", "muster.facebook.rows": "2", "muster.facebook.code": "80003",
		"muster.facebook.subcode": "2446079", "muster.facebook.retry_after": "60", "muster.facebook.usage": "64",
		"muster.facebook.audience_id": "123", "muster.facebook.account_id": "42", "muster.facebook.unknown": "false", "muster.facebook.fbtrace_id": "AbC",
	} {
		if value, ok := got.Value(key); !ok || value.String() != want {
			t.Errorf("%s = %s, want %s", key, value.String(), want)
		}
	}
}

func TestAttemptsAreCounted(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	answers := []roundTripper{says(200, usersOK), says(200, usersOK), says(400, `{"error":{"code":190}}`, headerVersionWarning, "x")}
	c := newClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		next := answers[0]
		answers = answers[1:]
		return next(r)
	}), func(o *Options) {
		o.MeterProvider = metric.NewMeterProvider(metric.WithReader(reader))
		o.Logger = slog.New(slog.DiscardHandler)
	})
	for range 3 {
		if _, err := c.AddUsers(t.Context(), "123", twoRows); err != nil && ClassOf(err) != Reauth {
			t.Fatal(err)
		}
	}
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, m := range collected.ScopeMetrics[0].Metrics {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, point := range data.DataPoints {
				class, _ := point.Attributes.Value(keyClass)
				got[m.Name+" "+class.String()] += point.Value
			}
		case metricdata.Histogram[float64]:
			for _, point := range data.DataPoints {
				got[m.Name] += int64(point.Count)
			}
		}
	}
	for name, want := range map[string]int64{metricAttempts + " ok": 2, metricAttempts + " reauth": 1, "http.client.request.duration": 3} {
		if got[name] != want {
			t.Errorf("%s = %d, want %d (%v)", name, got[name], want, got)
		}
	}
}

// TestNothingLeaks sends the token back in every place of an answer where text
// can stand, as rows and in transport errors, and looks for it, and for the rows,
// in everything that comes out.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	const cell = "cellCANARYvalue"
	payload := Payload{Account: "42", Schema: []string{"EMAIL"}, Data: []byte(`[["` + cell + `"]]`), Rows: 1}
	headers := []string{
		"X-Business-Use-Case-Usage", `{"` + canary + `.":[{"type":"` + canary + `.","call_count":1}]}`,
		"X-Ad-Account-Usage", `{"ads_api_access_tier":"` + canary + `.","acc_id_util_pct":1}`,
		headerVersionWarning, "upgraded to v26.0 " + canary + " as v25.0", "Retry-After", canary,
		"Location", "https://elsewhere/?access_token=" + canary,
	}
	quoted := canary + " " + cell
	body := func(code string) string {
		return `{"error":{"message":"` + quoted + `","type":"` + quoted + `","code":` + code + `,"fbtrace_id":"` + quoted + `","error_user_msg":"` + quoted + `"}}`
	}
	transports := map[string]roundTripper{
		"success":       says(200, `{"audience_id":"`+quoted+`","session_id":"`+quoted+`","num_received":1,"num_invalid_entries":1,"invalid_entry_samples":{"[\"`+cell+`\"]":"`+quoted+`"}}`, headers...),
		"error 100":     says(400, body("100"), headers...),
		"error 190":     says(400, body("190"), headers...),
		"error unknown": says(400, body("77777"), headers...),
		"HTML":          says(500, "<html>"+quoted, headers...),
		"wrong type":    says(200, `{"num_received":{"`+quoted+`":1}`, headers...),
		"redirect":      says(302, quoted, headers...),
		"transport": func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("POST %s with %v: %s", r.URL, r.Header, quoted)
		},
	}
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			spans, reader := tracetest.NewSpanRecorder(), metric.NewManualReader()
			c := newClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.Contains(r.URL.String(), canary) {
					t.Error("token in the URL")
				}
				if got := r.Header.Get("Authorization"); got != "Bearer "+canary {
					t.Errorf("Authorization %q", got)
				}
				return transport(r)
			}), func(o *Options) {
				o.Logger = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
				o.TracerProvider = trace.NewTracerProvider(trace.WithSpanProcessor(spans))
				o.MeterProvider = metric.NewMeterProvider(metric.WithReader(reader))
				o.AppSecret = func() (string, error) { return "shh", nil }
			})
			result, err := c.AddUsers(t.Context(), "123", payload)
			if (err == nil) != (name == "success") {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "%+v\n%+v\n", result, err)
			for e := err; e != nil; e = errors.Unwrap(e) {
				fmt.Fprintf(&out, "%+v\n%#v\n", e, e)
			}
			for _, span := range spans.Ended() {
				fmt.Fprintf(&out, "%s %v %v %v\n", span.Name(), span.Attributes(), span.Events(), span.Status())
			}
			var collected metricdata.ResourceMetrics
			if err := reader.Collect(t.Context(), &collected); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "%+v", collected)
			for _, secret := range []string{canary, cell, "CANARY", "shh"} {
				if strings.Contains(out.String(), secret) {
					t.Errorf("%q in: %s", secret, out.String())
				}
			}
		})
	}
}

func TestAForeignTokenSourceLeaksNothing(t *testing.T) {
	t.Parallel()
	c := newClient(t, reading(io.EOF), func(o *Options) { o.TokenSource = failingSource{} })
	_, err := c.AddUsers(t.Context(), "123", twoRows)
	if ClassOf(err) != Reauth || ScopeOf(err) != ScopeApp || strings.Contains(err.Error(), canary) {
		t.Errorf("error %v", err)
	}
}
