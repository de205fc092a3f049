package page

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"muster/cmd/internal/status"
)

const token = "0123456789abcdef-token"

// ask has a handler answer one request to a host.
func ask(h http.Handler, method, target, host string, change func(*http.Request)) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	r.Host = host
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestHeaders: every answer, refusals too, has what keeps other sites out.
func TestHeaders(t *testing.T) {
	t.Parallel()
	open, guarded := New(Options{Board: fixture(t, time.Now())}), New(Options{Board: fixture(t, time.Now()), Token: token})
	for _, h := range []http.Handler{open, guarded} {
		for _, path := range []string{"/", "/audience?key=vip_customers", "/audience?key=nobody", "/assets/style.css", "/assets/live.js", "/nowhere"} {
			r := ask(h, "GET", path, "localhost:8081", nil)
			for name, want := range map[string]string{
				"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
				"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
			} {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s: %s is %q, want %q", path, name, got, want)
				}
			}
			for name := range r.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: %s is sent", path, name)
				}
			}
		}
	}
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "script-src 'self'", "style-src 'self'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy has no %s", part)
		}
	}
	r := ask(open, "GET", "/chart.svg?key=vip_customers", "localhost", nil)
	if got := r.Header.Get("Content-Security-Policy"); got != chartPolicy || strings.Contains(got, "script") {
		t.Errorf("policy of a chart: %s", got)
	}
}

// TestHosts: without a token only names of loopback are answered, or any site could
// read the page by a name that points there.
func TestHosts(t *testing.T) {
	t.Parallel()
	h := New(Options{Board: fixture(t, time.Now())})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8081": 200, "LOCALHOST:1": 200, "localhost.:8081": 200, "muster.localhost": 200,
		"127.0.0.1:8081": 200, "127.1.2.3": 200, "[::1]:8081": 200, "[::1]": 200, "[::ffff:127.0.0.1]:8081": 200,
		"evil.example": 421, "evil.example:8081": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "10.0.0.1:8081": 421, "": 421,
	} {
		r := ask(h, "GET", "/", host, nil)
		if r.StatusCode != want {
			t.Errorf("host %q: %d, want %d", host, r.StatusCode, want)
		}
		if want == 421 && strings.Contains(body(t, r), "VIP") {
			t.Errorf("host %q reads the page", host)
		}
	}
	if r := ask(New(Options{Board: new(status.Board), Token: token}), "GET", "/", "muster.example", bearer(token)); r.StatusCode != 200 {
		t.Errorf("with a token another name is answered with %d", r.StatusCode)
	}
}

// TestMethods: nothing but reading, however a request calls it.
func TestMethods(t *testing.T) {
	t.Parallel()
	h := New(Options{Board: fixture(t, time.Now())})
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "MADEUP"} {
		for _, path := range []string{"/", "/login", "/audience?key=vip_customers", "/nowhere"} {
			r := ask(h, method, path, "localhost", nil)
			if r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, Allow %q", method, path, r.StatusCode, r.Header.Get("Allow"))
			}
		}
	}
	for path, want := range map[string]int{"/": 200, "/audience?key=vip_customers": 200, "/audience?key=nobody": 404, "/nowhere": 404, "/chart.svg?key=nobody": 404, "/assets/nothing": 404} {
		if r := ask(h, "HEAD", path, "localhost", nil); r.StatusCode != want {
			t.Errorf("HEAD %s: %d, want %d", path, r.StatusCode, want)
		}
	}
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

// TestToken: without it nothing is read, by whichever way.
func TestToken(t *testing.T) {
	t.Parallel()
	h := New(Options{Board: fixture(t, time.Now()), Token: token})
	stale := &http.Cookie{Name: cookieName, Value: newLogin(token).session(time.Now().Add(-time.Minute).Unix())}
	foreign := &http.Cookie{Name: cookieName, Value: newLogin("another token").session(time.Now().Add(time.Hour).Unix())}
	good := &http.Cookie{Name: cookieName, Value: newLogin(token).session(time.Now().Add(time.Hour).Unix())}
	for name, x := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"nothing":           {nil, 401},
		"a wrong token":     {bearer("another token"), 401},
		"the begin of it":   {bearer(token[:10]), 401},
		"no token":          {bearer(""), 401},
		"an old cookie":     {func(r *http.Request) { r.AddCookie(stale) }, 401},
		"a foreign cookie":  {func(r *http.Request) { r.AddCookie(foreign) }, 401},
		"the token, cookie": {func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookieName, Value: token}) }, 401},
		"the token, basic":  {func(r *http.Request) { r.SetBasicAuth("x", token) }, 401},
		"the token":         {bearer(token), 200},
		"the cookie":        {func(r *http.Request) { r.AddCookie(good) }, 200},
	} {
		for _, path := range []string{"/", "/audience?key=vip_customers", "/chart.svg?key=vip_customers"} {
			r := ask(h, "GET", path, "muster.example", x.change)
			text := body(t, r)
			if r.StatusCode != x.want {
				t.Errorf("%s, %s: %d, want %d", name, path, r.StatusCode, x.want)
			}
			if r.StatusCode == 401 && (strings.Contains(text, "VIP") || r.Header.Get("WWW-Authenticate") == "") {
				t.Errorf("%s, %s: %q", name, path, text)
			}
			if strings.Contains(text, token) {
				t.Errorf("%s, %s: the answer holds the token", name, path)
			}
		}
	}
	if r := ask(h, "GET", "/events", "muster.example", nil); r.StatusCode != 401 {
		t.Errorf("/events without a token: %d", r.StatusCode)
	}
	if r := ask(h, "GET", "/?token="+token, "muster.example", nil); r.StatusCode != 401 {
		t.Errorf("a token in the address: %d", r.StatusCode)
	}
}

// logIn posts a form to the page.
func logIn(h http.Handler, form url.Values, change func(*http.Request)) *http.Response {
	r := httptest.NewRequest("POST", "/login", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// TestLogin: the form gives a cookie that this site alone sends and no script sees, and
// leads nowhere else.
func TestLogin(t *testing.T) {
	t.Parallel()
	h := New(Options{Board: fixture(t, time.Now()), Token: token})
	r := logIn(h, url.Values{"token": {" " + token + "\n"}, "next": {"/audience?key=vip_customers"}}, nil)
	if r.StatusCode != 303 || r.Header.Get("Location") != "/audience?key=vip_customers" || len(r.Cookies()) != 1 {
		t.Fatalf("%d to %q with %d cookies", r.StatusCode, r.Header.Get("Location"), len(r.Cookies()))
	}
	c := r.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || c.MaxAge != 12*3600 || strings.Contains(c.Value, token) {
		t.Errorf("the cookie: %v", c)
	}
	if r := ask(h, "GET", "/", "muster.example", func(r *http.Request) { r.AddCookie(c) }); r.StatusCode != 200 {
		t.Errorf("with the cookie: %d", r.StatusCode)
	}
	if r := logIn(h, url.Values{"token": {token}}, func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }); !r.Cookies()[0].Secure {
		t.Error("behind TLS the cookie goes over plain HTTP too")
	}
	for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/audience/../x", ""} {
		if r := logIn(h, url.Values{"token": {token}, "next": {next}}, nil); r.Header.Get("Location") != "/" {
			t.Errorf("next %q leads to %q", next, r.Header.Get("Location"))
		}
	}
	if r := logIn(h, url.Values{"token": {token}}, func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Origin", "https://evil.example")
	}); r.StatusCode != 403 || len(r.Cookies()) != 0 {
		t.Errorf("a form of another site: %d", r.StatusCode)
	}
	w := ask(h, "POST", "/logout", "muster.example", func(r *http.Request) { r.AddCookie(c) })
	if w.StatusCode != 303 || len(w.Cookies()) != 1 || w.Cookies()[0].MaxAge >= 0 {
		t.Errorf("logging out: %d, %v", w.StatusCode, w.Cookies())
	}
}

// TestLoginIsSlow: wrong tokens are taken a few times, then at one a second; a right one
// does not count.
func TestLoginIsSlow(t *testing.T) {
	t.Parallel()
	h := New(Options{Board: fixture(t, time.Now()), Token: token})
	for range 50 {
		if r := ask(h, "GET", "/", "muster.example", bearer(token)); r.StatusCode != 200 {
			t.Fatalf("the right token: %d", r.StatusCode)
		}
	}
	codes := map[int]int{}
	for range 30 {
		codes[logIn(h, url.Values{"token": {"wrong"}}, nil).StatusCode]++
	}
	if codes[401] < 10 || codes[429] < 15 {
		t.Errorf("thirty wrong tokens were answered with %v", codes)
	}
}

// TestEvents: a stream begins with a word, has another one for each change, and ends
// with the replica.
func TestEvents(t *testing.T) {
	t.Parallel()
	board, done := fixture(t, time.Now()), make(chan struct{})
	server := httptest.NewUnstartedServer(New(Options{Board: board, Done: done}))
	server.Config.ReadTimeout, server.Config.WriteTimeout = time.Second, time.Second // as short as they must not end it
	server.Start()
	defer server.Close()
	defer server.CloseClientConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil || r.Header.Get("Content-Type") != "text/event-stream" || r.Header.Get("X-Accel-Buffering") != "no" {
		t.Fatal(err, r)
	}
	read := func() string {
		b := make([]byte, 100)
		n, err := r.Body.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	first := read()
	time.Sleep(1500 * time.Millisecond)
	if err := board.SetAudience("new", nil); err != nil {
		t.Fatal(err)
	}
	if second := read(); second == first || !strings.HasPrefix(second, "data: ") {
		t.Errorf("%q, then %q", first, second)
	}
	close(done)
	if _, err := io.ReadAll(r.Body); err != nil {
		t.Errorf("the end of the stream: %v", err)
	}
}

// TestHostileNames: an audience's name is text, wherever it stands.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	const hostile = `"><script>alert(1)</script>&key=x`
	b := fixture(t, time.Now())
	s := b.Audience("vip_customers").CloneVT()
	s.Name, s.Block = hostile, b.Audience("newsletter_de").Block.CloneVT()
	s.Block.Remedy = hostile
	set(t, b, hostile, s)
	h := New(Options{Board: b})
	for _, path := range []string{"/", "/audience?" + url.Values{"key": {hostile}}.Encode(), "/audience?" + url.Values{"key": {hostile + "nobody"}}.Encode(), "/chart.svg?" + url.Values{"key": {hostile}}.Encode()} {
		r := ask(h, "GET", path, "localhost", nil)
		if text := body(t, r); strings.Contains(text, "<script>alert") {
			t.Errorf("%s: the name is no text", path)
		}
	}
	if r := ask(h, "GET", "/audience?"+url.Values{"key": {hostile}}.Encode(), "localhost", nil); r.StatusCode != 200 {
		t.Errorf("the page of a hostile key: %d", r.StatusCode)
	}
}

// TestEmpty: a page that has read nothing yet says why.
func TestEmpty(t *testing.T) {
	t.Parallel()
	h := New(Options{Board: new(status.Board), Waiting: func() string { return "starting: waiting for Kafka" }})
	text := body(t, ask(h, "GET", "/", "localhost", nil))
	for _, want := range []string{"waiting for Kafka", "No audience yet", "No replica has said anything"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}

// TestCharts: a chart is SVG that tells itself what it shows, for every range and look,
// also of an audience without a past.
func TestCharts(t *testing.T) {
	t.Parallel()
	b := fixture(t, time.Now())
	s := b.Audience("vip_customers").CloneVT()
	s.History, s.HistoryDays, s.HistoryMonths = nil, nil, nil
	set(t, b, "young", s)
	h := New(Options{Board: b})
	for _, key := range []string{"vip_customers", "young"} {
		for _, of := range []string{"changes", "size"} {
			for _, by := range []string{"hour", "day", "month"} {
				for _, rest := range []string{"theme=light&width=wide", "theme=dark&width=narrow"} {
					r := ask(h, "GET", "/chart.svg?key="+key+"&of="+of+"&by="+by+"&"+rest, "localhost", nil)
					text := body(t, r)
					if r.StatusCode != 200 || r.Header.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(text, "<svg") || !strings.Contains(text, "<title>") {
						t.Errorf("%s %s %s %s: %d %.80s", key, of, by, rest, r.StatusCode, text)
					}
					if len(text) > 100<<10 {
						t.Errorf("%s %s %s: %d bytes", key, of, by, len(text))
					}
				}
			}
		}
	}
}

// TestStreamOfALostReader: a reader who is gone leaves nothing behind.
func TestStreamOfALostReader(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	h := New(Options{Board: fixture(t, time.Now())})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ask(h, "GET", "/events", "localhost", func(r *http.Request) { *r = *r.WithContext(ctx) })
	}()
	cancel()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the stream goes on")
	}
}
