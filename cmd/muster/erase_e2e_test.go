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
	if got := b.do(t, "", "topics", "create"); got.err != nil {
		t.Fatal(got.err)
	}
	for i := range 4 {
		user := fmt.Sprintf("u%d", i)
		b.produce(t, "membership", i%2, kafka.Record{Key: kafka.NewBytes([]byte(user)), Value: kafka.NewBytes(fmt.Appendf(nil,
			`{"type":"identify","userId":%q,"context":{"personas":{"computation_class":"audience","computation_key":"vip"}},"traits":{"vip":true,"email":"%s@example.com"}}`, user, user))})
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan output, 1)
	args := append([]string{"run", "--state-dir", t.TempDir(), "--http-listen", "off", "--set", "user_key_secret=0123456789abcdef"}, b.flags...)
	go func() { ended <- do(ctx, "", nil, append(args, f.flags...)...) }()
	f.await(t, 4)
	if got := b.do(t, "u2\n", "erase", "--yes", "u1", "-"); got.err != nil {
		t.Error(got.err)
	}
	f.await(t, 2)
	stop()
	if got := <-ended; got.err != nil {
		t.Error(got.err, got.stderr)
	}
}
