package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/segmentio/kafka-go"

	"muster/uploader/facebook/graphtest"
)

// emulated is a Facebook of its own on the loopback interface.
type emulated struct {
	*graphtest.Server
	flags    []string
	answered chan struct{} // delivers after requests
}

func startFacebook(t *testing.T) *emulated {
	t.Helper()
	f := &emulated{Server: graphtest.New(graphtest.Options{}), answered: make(chan struct{}, 1)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.ServeHTTP(w, r)
		select {
		case f.answered <- struct{}{}:
		default:
		}
	}))
	t.Cleanup(server.Close)
	f.flags = []string{
		"--set", "facebook.base_url=" + server.URL, "--set", "facebook.ad_account=" + graphtest.DefaultAccount,
		"--set", "facebook.access_token=" + graphtest.DefaultToken, "--set", "window=100ms", "--set", "first_sync_quiet=100ms",
	}
	return f
}

// await returns when the only audience has n lines.
func (f *emulated) await(t *testing.T, n int) {
	t.Helper()
	for {
		lines := 0
		for _, a := range f.Audiences() {
			lines += a.Lines
		}
		if lines == n {
			return
		}
		select {
		case <-f.answered:
		case <-t.Context().Done():
			t.Fatalf("the audience has %d lines, want %d", lines, n)
		}
	}
}

// An erased user leaves Facebook, whichever partition the user's records are in.
func TestErasedUsersLeaveFacebook(t *testing.T) {
	t.Parallel()
	b, f := startBroker(t), startFacebook(t)
	for i := range 4 {
		b.enters(t, i%2, fmt.Sprintf("u%d", i))
	}
	stop := b.startWorker(t, f)
	f.await(t, 4)
	if got := b.do(t, "u2\n", "erase", "--yes", "u1", "-"); got.err != nil {
		t.Error(got.err)
	}
	f.await(t, 2)
	stop()
}

// enters produces that a user has entered audience vip.
func (b *broker) enters(t *testing.T, partition int, user string) {
	t.Helper()
	b.produce(t, "membership", partition, kafka.Record{Key: kafka.NewBytes([]byte(user)), Value: kafka.NewBytes(fmt.Appendf(nil,
		`{"type":"identify","userId":%q,"context":{"personas":{"computation_class":"audience","computation_key":"vip"}},"traits":{"vip":true,"email":"%s@example.com"}}`, user, user))})
}

// startWorker runs a worker until stop is called.
func (b *broker) startWorker(t *testing.T, f *emulated) (stop func()) {
	t.Helper()
	if got := b.do(t, "", "topics", "create"); got.err != nil {
		t.Fatal(got.err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan output, 1)
	args := append([]string{"run", "--state-dir", t.TempDir(), "--http-listen", "off", "--set", "page.listen=off", "--set", "user_key_secret=0123456789abcdef"}, b.flags...)
	go func() { ended <- do(ctx, "", nil, append(args, f.flags...)...) }()
	return func() {
		t.Helper()
		cancel()
		if got := <-ended; got.err != nil {
			t.Error(got.err, got.stderr)
		}
	}
}
