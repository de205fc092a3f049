package graphtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestConcurrent uses the server from many goroutines, for the race detector, and checks
// that nothing got lost.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	const audiences, batches = 4, 10
	var wg sync.WaitGroup
	for range audiences {
		id := c.create()
		for b := range batches {
			body := payloadOf(t, "EMAIL", []string{h(fmt.Sprint(b))}, []string{h("all")})
			req := c.request("POST", id+"/users", body)
			wg.Go(func() {
				res, err := c.srv.RoundTripper().RoundTrip(req)
				if err != nil {
					t.Errorf("add: %v", err)
					return
				}
				_ = res.Body.Close()
			})
			wg.Go(func() { c.srv.Journal(); c.srv.Stats(); c.srv.InFlight(); c.srv.Audience(id).Rows() })
		}
	}
	wg.Wait()
	for _, a := range c.srv.Audiences() {
		if a.Lines != batches+1 {
			t.Errorf("audience %s has %d lines, want %d", a.ID, a.Lines, batches+1)
		}
	}
}

func TestRoundTripper(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a := c.send(c.request("GET", "act_1", "").WithContext(ctx)); !errors.Is(a.err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", a.err)
	}
	if n := len(c.srv.Journal()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
	client := &http.Client{Transport: c.srv.RoundTripper()}
	req := c.request("POST", "act_1/customaudiences", `{"name":"n","subtype":"CUSTOM"}`)
	closed := false
	req.Body = closer{req.Body, &closed}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.ContentLength != int64(len(b)) || res.Request != req || !closed {
		t.Errorf("answer of %d bytes, length %d, body closed %v, error %v", len(b), res.ContentLength, closed, err)
	}
	req = c.request("POST", "act_1", "")
	req.Body = io.NopCloser(brokenBody{})
	if a := c.send(req); a.err == nil {
		t.Error("a body that breaks off was answered")
	}
	if j := c.srv.Journal(); j[len(j)-1].Outcome != Abandoned {
		t.Errorf("journal %+v", j[len(j)-1])
	}
}

type closer struct {
	io.Reader
	closed *bool
}

func (c closer) Close() error { *c.closed = true; return nil }

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// BenchmarkAdd adds 10,000 rows of three identifiers and two more keys per request.
func BenchmarkAdd(b *testing.B) {
	rows := make([]string, MaxRows)
	for i := range rows {
		rows[i] = fmt.Sprintf(`[%q,%q,%q,%q,%q]`, h(fmt.Sprint("e", i)), h(fmt.Sprint("p", i)), madid, h("fn"), h(fmt.Sprint("ln", i)))
	}
	body := `{"payload":{"schema":["EMAIL","PHONE","MADID","FN","LN"],"data":[` + strings.Join(rows, ",") + `]}}`
	srv := New(Options{})
	id := srv.AddAudience("1", nil)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		req, err := http.NewRequest("POST", base+id+"/users", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+DefaultToken)
		res, err := srv.RoundTripper().RoundTrip(req)
		if err != nil || res.StatusCode != 200 {
			b.Fatal(res, err)
		}
	}
}
