package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/uploader/facebook/graphtest"
)

func TestOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), settings{once: true, people: 300, audiences: 6, seed: 1, faults: 0.05}, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	last := regexp.MustCompile(`^facebook = stream: yes · audiences 6 · members [\d,]+ · rows added [\d,]+ · rows removed [\d,]+ · requests [\d,]+$`)
	if got := lines[len(lines)-1]; !last.MatchString(got) {
		t.Errorf("last line: %s", got)
	}
}

// cancelAt ends a context when it is written to for the nth time.
type cancelAt struct {
	bytes.Buffer
	n      int
	cancel context.CancelFunc
}

func (c *cancelAt) Write(b []byte) (int, error) {
	if c.n--; c.n == 0 {
		c.cancel()
	}
	return c.Buffer.Write(b)
}

func TestStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &cancelAt{n: 2, cancel: cancel}
	if err := run(ctx, settings{people: 50, audiences: 4, seed: 1}, out); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.HasSuffix(out.String(), "stopped\n") {
		t.Errorf("output: %s", out)
	}
}

// The demo says where its status page is, and serves it.
func TestServesThePage(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out bytes.Buffer
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, settings{people: 50, audiences: 4, seed: 1, page: address}, &out) }()
	for text := ""; !strings.Contains(text, "muster") || !strings.Contains(text, "running"); time.Sleep(100 * time.Millisecond) {
		if t.Context().Err() != nil {
			t.Fatalf("the page shows no task: %s", text)
		}
		res, err := http.Get("http://" + address)
		if err != nil {
			continue // not yet
		}
		b, err := io.ReadAll(res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	cancel()
	if err := <-ended; err != nil || !strings.Contains(out.String(), "status page http://"+address) {
		t.Errorf("%v\n%s", err, &out)
	}
}

func TestJudgeTellsDifferences(t *testing.T) {
	t.Parallel()
	w, err := openWorld(settings{once: true, people: 20, audiences: 4, seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	id := w.graph.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "stranger"})
	w.graph.AddRows(id, graphtest.Row{"EMAIL": strings.Repeat("ab", 32)})
	for more := true; more; {
		_, more = w.stream.Next()
	}
	var out bytes.Buffer
	d := demo{world: w}
	if err := d.judge(&out); !errors.Is(err, errDiffers) {
		t.Errorf("judge: %v", err)
	}
	for _, want := range []string{"is missing", "\n…\n", "\nfacebook = stream: no · audiences 1 · "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	good := settings{people: 10, audiences: 4}
	if err := good.validate(); err != nil {
		t.Error(err)
	}
	err := settings{people: 9, audiences: 3, faults: 0.6}.validate()
	for _, want := range []string{"--people 9", "--audiences 3", "--faults 0.6"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}
