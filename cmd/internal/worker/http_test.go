package worker_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
)

// logLines hands each line that is written to a reader.
type logLines struct{ c chan string }

func (l logLines) Write(p []byte) (int, error) {
	select {
	case l.c <- string(p):
	default: // nobody waits for more
	}
	return len(p), nil
}

var errNobody = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}

// Without a broker the worker says so, serves its state, and stops when asked.
func TestNoBroker(t *testing.T) {
	t.Parallel()
	c := config.Defaults()
	c.Kafka.Brokers = []string{"nobody:9092"}
	c.Sources = []config.Source{{Topic: "identify"}}
	c.Stages = []string{config.StageMembership}
	c.UserKeySecret = "a secret of the test"
	c.HTTP.Listen, c.Page.Listen = "127.0.0.1:0", config.Off
	log := logLines{make(chan string, 100)}
	w, err := worker.New(c, worker.Options{
		Logger: slog.New(slog.NewTextHandler(log, nil)),
		Dial:   func(context.Context, string, string) (net.Conn, error) { return nil, errNobody },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Status().String(); got != "starting: not running yet" {
		t.Errorf("before Run: %s", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := w.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	address := awaitLine(t, log, `http=(\S+)`)
	awaitLine(t, log, `level=WARN msg="Kafka does not answer as it should, trying again" .*brokers=\[nobody:9092\].*connection refused`)

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/livez":   {200, "ok"},
		"/readyz":  {503, `"state":"starting","reasons":["waiting for Kafka at [nobody:9092]"]`},
		"/metrics": {200, "go_goroutines"},
		"/other":   {404, ""},
	} {
		res, err := client.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != want.status || !strings.Contains(string(body), want.body) {
			t.Errorf("%s: %d %.300s", path, res.StatusCode, body)
		}
	}

	// Its address is taken now.
	c.HTTP.Listen = address
	other, err := worker.New(c, worker.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "http.listen") {
		t.Errorf("second listener: %v", err)
	}
	cancel()
	wg.Wait()
}

func awaitLine(t *testing.T, log logLines, pattern string) string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	for {
		select {
		case line := <-log.c:
			if m := expression.FindStringSubmatch(line); m != nil {
				return m[len(m)-1]
			}
		case <-t.Context().Done():
			t.Fatalf("no line %s", pattern)
		}
	}
}

// The message is said once, then once a minute.
func TestNoBrokerIsSaidRarely(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := config.Defaults()
		c.Kafka.Brokers = []string{"nobody:9092"}
		c.Sources = []config.Source{{Topic: "identify"}}
		c.Stages = []string{config.StageMembership}
		c.UserKeySecret = "a secret of the test"
		c.HTTP.Listen, c.Page.Listen = config.Off, config.Off
		w, err := worker.New(c, worker.Options{
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Dial:   func(context.Context, string, string) (net.Conn, error) { return nil, errNobody },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if err := w.Run(ctx); err != nil {
			t.Error(err)
		}
		if n := strings.Count(log.String(), "trying again"); n < 2 || n > 11 {
			t.Errorf("said %d times in ten minutes:\n%s", n, log.String())
		}
	})
}
