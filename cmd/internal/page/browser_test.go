package page

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"muster/cmd/internal/page/pagetest"
	"muster/cmd/internal/status"
	"muster/schema/musterpb"
)

// screenshots is where pictures of the page are put, to be looked at; docs/page.png is
// page.png of them:
//
//	go test ./cmd/internal/page -run TestScreenshots -screenshots /tmp
var screenshots = flag.String("screenshots", "", "directory for pictures of the page")

// served is the fixture as a page on loopback.
func served(t *testing.T) (url string, board *status.Board) {
	url, board, _ = counted(t)
	return url, board
}

// counted is served with the number of streams that are open.
func counted(t *testing.T) (url string, board *status.Board, streams *atomic.Int64) {
	t.Helper()
	board = fixture(t, time.Now())
	server := httptest.NewUnstartedServer(nil)
	done := make(chan struct{})
	streams = new(atomic.Int64)
	h := New(Options{Board: board, Version: "1.4.0", Done: done})
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/events" {
			streams.Add(1)
			defer streams.Add(-1)
		}
		h.ServeHTTP(w, r)
	})
	// As short as they must not end a stream.
	server.Config.ReadTimeout, server.Config.WriteTimeout = 2*time.Second, 2*time.Second
	server.Start()
	t.Cleanup(func() { close(done); server.Close() })
	return server.URL, board, streams
}

// The devices of the tests.
var (
	desk      = pagetest.Device{Width: 1280, Height: 800}
	deskDark  = pagetest.Device{Width: 1280, Height: 800, Dark: true}
	phone     = pagetest.Device{Width: 390, Height: 844}
	phoneDark = pagetest.Device{Width: 390, Height: 844, Dark: true}
)

func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("no -screenshots")
	}
	browser := pagetest.Chromium(t)
	url, _ := served(t)
	for _, s := range []struct {
		name, path string
		device     pagetest.Device
	}{
		{"page", "/", pagetest.Device{Width: 1100, Height: 1180}},
		{"overview-light", "/", desk},
		{"overview-dark", "/", deskDark},
		{"overview-phone", "/", phone},
		{"audience-light", "/audience?key=vip_customers", desk},
		{"audience-dark", "/audience?key=newsletter_de&by=day", deskDark},
		{"audience-phone", "/audience?key=vip_customers&by=month", phoneDark},
	} {
		b := pagetest.Open(browser, t, s.device)
		b.Do(chromedp.Navigate(url + s.path))
		b.Await("the pictures", `[...document.images].every(i => i.complete)`)
		take := chromedp.FullScreenshot(100)
		if s.name == "page" {
			take = chromedp.CaptureScreenshot()
		}
		picture := pagetest.Result(b, take)
		b.Close()
		if err := os.WriteFile(filepath.Join(*screenshots, s.name+".png"), picture, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBrowserReads: what a person reads, on devices of all kinds, with the console
// silent: nothing breaks the policy for content.
func TestBrowserReads(t *testing.T) {
	t.Parallel()
	browser := pagetest.Chromium(t)
	url, _ := served(t)
	for name, d := range map[string]pagetest.Device{
		"desk": desk, "dark": deskDark, "phone": phone, "without scripts": {Width: 1280, Height: 800, NoScripts: true},
		"a small phone": {Width: 320, Height: 600},
	} {
		t.Run(name, func(t *testing.T) {
			b := pagetest.Open(browser, t, d)
			b.Do(chromedp.Navigate(url + "/"))
			for selector, want := range map[string][]string{
				"h1":                      {"Overview"},
				"#audience-vip_customers": {"VIP customers", "waiting", "48,211", "312", "41 min ago", "in 18 min", "2385"},
				"#need-newsletter_de":     {"blocked", "terms are not accepted", "To do:", "customaudiences/tos"},
				"#replica-replica-1":      {"muster-1", "restoring", "812,004 of 1,905,331", "1,204"},
				"#replica-replica-2":      {"gone", "11 min ago"},
				"#account-2045517":        {"37 %", "standard access", "10,000"},
				"#letters ~ table":        {"no user", "22"},
			} {
				text := b.Text(selector)
				for _, w := range want {
					if !strings.Contains(strings.ToLower(text), strings.ToLower(w)) {
						t.Errorf("%s has no %q: %q", selector, w, text)
					}
				}
			}
			fits(t, b, "overview")
			if d.NoScripts == pagetest.Value[bool](b, `getComputedStyle(document.querySelector("#live")).display !== "none"`) {
				t.Errorf("scripts off: %t, and the live line is shown wrongly", d.NoScripts)
			}
			b.Do(chromedp.Navigate(url + "/audience?key=vip_customers&by=day"))
			if text := b.Text("#main"); !strings.Contains(text, "transient (2)") || !strings.Contains(text, "EXTERN_ID") || !strings.Contains(text, "Audience History") {
				t.Errorf("the audience: %q", text)
			}
			b.Await("the charts", `[...document.querySelectorAll("picture img")].length === 2 && [...document.images].every(i => i.complete && i.naturalWidth > 0)`)
			if !d.NoScripts {
				b.Do(chromedp.Click("summary"))
			}
			fits(t, b, "audience")
			if dark := pagetest.Value[bool](b, `document.querySelector("picture img").currentSrc.includes("theme=dark")`); dark != d.Dark {
				t.Errorf("the chart is Dark: %t, want %t", dark, d.Dark)
			}
			if narrow := pagetest.Value[bool](b, `document.querySelector("picture img").currentSrc.includes("width=narrow")`); narrow != (d.Width <= 640) {
				t.Errorf("the chart is narrow: %t on a screen of %d", narrow, d.Width)
			}
			if least := pagetest.Value[float64](b, contrast); !(least >= 4.5 && least < 21) {
				t.Errorf("a text has a contrast of %.2f, want 4.5 or more (WCAG AA)", least)
			}
		})
	}
}

// fits: nothing is wider than the screen.
func fits(t *testing.T, b *pagetest.Tab, name string) {
	t.Helper()
	if over := pagetest.Value[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		t.Errorf("%s: %d pixels are beyond the screen, of %s", name, over, pagetest.Value[string](b,
			`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth).map(e => e.tagName + "." + e.className).join(" ")`))
	}
}

// contrast is the least contrast of all texts with what is behind them (WCAG 2.2, 1.4.3).
const contrast = `(() => {
	const parse = c => (c.match(/[\d.]+/g) || []).map(Number);
	const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
	let least = 21;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; n = walk.nextNode();) {
		if (!n.data.trim() || !n.parentElement.checkVisibility() || n.parentElement.closest("script, noscript, meter, progress")) continue;
		const [a, b] = [light(parse(getComputedStyle(n.parentElement).color)), light(behind(n.parentElement))];
		least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
	}
	return least;
})()`

// TestBrowserUpdates: what changes comes by itself, and leaves focus and what was opened
// alone; a reader can pause it.
func TestBrowserUpdates(t *testing.T) {
	t.Parallel()
	browser := pagetest.Chromium(t)
	url, board := served(t)
	b := pagetest.Open(browser, t, desk)
	b.Do(chromedp.Navigate(url + "/"))
	b.Await("the stream", `document.getElementById("live-text").textContent === "Live"`)
	b.Do(chromedp.Focus("#audience-vip_customers a"))
	say := func(key, name string, members int64) {
		set(t, board, key, &musterpb.AudienceStatus{Name: name, State: "adding", Members: members, Account: "2045517", FacebookId: "1", UpdatedMs: time.Now().UnixMilli()})
	}
	say("vip_customers", "VIP customers", 50_001)
	say("a_new_one", "A new one", 7)
	b.Await("the new size", `document.querySelector("#audience-vip_customers").textContent.includes("50,001")`)
	b.Await("the new audience", `document.querySelector("#audience-a_new_one") !== null`)
	if focus := pagetest.Value[string](b, `document.activeElement.textContent`); focus != "VIP customers" {
		t.Errorf("the focus went to %q", focus)
	}
	if err := board.SetAudience("a_new_one", nil); err != nil {
		t.Fatal(err)
	}
	b.Await("the audience that is gone", `document.querySelector("#audience-a_new_one") === null`)
	time.Sleep(3 * time.Second) // longer than the server waits for a request
	say("vip_customers", "VIP customers", 50_002)
	b.Await("an update of a stream that is old", `document.querySelector("#audience-vip_customers").textContent.includes("50,002")`)

	b.Do(chromedp.Click("#live-pause"))
	say("vip_customers", "VIP customers", 50_003)
	time.Sleep(3 * time.Second)
	if pagetest.Value[bool](b, `document.body.textContent.includes("50,003")`) {
		t.Error("the page changes while it is paused")
	}
	b.Do(chromedp.Click("#live-pause"))
	b.Await("the update after the pause", `document.body.textContent.includes("50,003")`)

	b.Do(chromedp.Navigate(url + "/audience?key=cart_abandoners"))
	b.Do(chromedp.Click("summary"))
	say("cart_abandoners", "Cart abandoners", 10_000)
	b.Await("the new size", `document.querySelector(".tiles").textContent.includes("10,000")`)
	if !pagetest.Value[bool](b, `document.querySelector("details").open`) {
		t.Error("what the reader opened was closed")
	}
	b.Await("the charts", `[...document.images].every(i => i.complete && i.naturalWidth > 0)`)
}

// TestBrowserSpares: a page that takes long to make is asked for less often than something
// changes, or one open tab would keep a replica with many audiences busy.
func TestBrowserSpares(t *testing.T) {
	t.Parallel()
	browser := pagetest.Chromium(t)
	board, done := fixture(t, time.Now()), make(chan struct{})
	h := New(Options{Board: board, Done: done})
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			asked.Add(1)
			time.Sleep(500 * time.Millisecond)
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { close(done); server.Close() })
	b := pagetest.Open(browser, t, desk)
	b.Do(chromedp.Navigate(server.URL + "/"))
	b.Await("the stream", `document.getElementById("live-text").textContent === "Live"`)
	asked.Store(0)
	for i := range 70 {
		set(t, board, "vip_customers", &musterpb.AudienceStatus{State: "adding", Members: int64(i)})
		time.Sleep(100 * time.Millisecond)
	}
	if n := asked.Load(); n < 1 || n > 4 { // one in two seconds and a half
		t.Errorf("asked %d times in seven seconds for what takes half a second", n)
	}
	set(t, board, "vip_customers", &musterpb.AudienceStatus{State: "adding", Members: 50_001})
	b.Await("the last change", `document.querySelector("#audience-vip_customers").textContent.includes("50,001")`)
}

// TestBrowserHidden: a tab that nobody sees keeps no connection, of which a browser has
// six for a server, and is brought up to date when it is seen again.
func TestBrowserHidden(t *testing.T) {
	t.Parallel()
	browser := pagetest.Chromium(t)
	url, board, streams := counted(t)
	b := pagetest.Open(browser, t, desk)
	b.Do(chromedp.Navigate(url + "/"))
	b.Await("the stream", `document.getElementById("live-text").textContent === "Live"`)
	hide := func(hidden string) {
		pagetest.Value[bool](b, `Object.defineProperty(document, "hidden", {value: `+hidden+`, configurable: true}); document.dispatchEvent(new Event("visibilitychange"))`)
	}
	hide("true")
	for begin := time.Now(); streams.Load() > 0; time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("%d streams of a tab that nobody sees", streams.Load())
		}
	}
	set(t, board, "a_new_one", &musterpb.AudienceStatus{State: "waiting"})
	hide("false")
	b.Await("what came meanwhile", `document.querySelector("#audience-a_new_one") !== null`)
	if n := streams.Load(); n != 1 {
		t.Errorf("%d streams of a tab that is seen", n)
	}
}

// TestBrowserKeyboard: the first key leads to the skip link, that to the content, and
// every stop can be seen.
func TestBrowserKeyboard(t *testing.T) {
	t.Parallel()
	browser := pagetest.Chromium(t)
	url, _ := served(t)
	b := pagetest.Open(browser, t, desk)
	b.Do(chromedp.Navigate(url + "/"))
	b.Await("the stream", `document.getElementById("live-text").textContent === "Live"`)
	var stops []string
	for range 6 {
		b.Do(chromedp.KeyEvent(kb.Tab))
		stops = append(stops, pagetest.Value[string](b, `document.activeElement.textContent.trim()`))
		if !pagetest.Value[bool](b, `(() => { const e = document.activeElement, r = e.getBoundingClientRect();
			return parseFloat(getComputedStyle(e).outlineWidth) >= 2 && r.width > 0 && r.right > 0 && r.left >= 0; })()`) {
			t.Errorf("the focus on %q cannot be seen", stops[len(stops)-1])
		}
	}
	if want := []string{"Skip to the content", "Muster", "Pause", "Churn risk, high", "Newsletter Germany", "App installers"}; !slices.Equal(stops, want) {
		t.Errorf("the keyboard goes %q, want %q", stops, want)
	}
	b.Do(chromedp.Navigate(url+"/"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	if at := pagetest.Value[string](b, `document.activeElement.id`); at != "main" {
		t.Errorf("the skip link leads to %q", at)
	}
}

// TestBrowserStructure: what a screen reader goes by is there.
func TestBrowserStructure(t *testing.T) {
	t.Parallel()
	browser := pagetest.Chromium(t)
	url, _ := served(t)
	b := pagetest.Open(browser, t, phone)
	for _, path := range []string{"/", "/audience?key=vip_customers", "/audience?key=nobody"} {
		b.Quiet = b.Quiet || strings.HasSuffix(path, "nobody") // a 404 is told in the console
		b.Do(chromedp.Navigate(url + path))
		for what, expression := range map[string]string{
			"a language":            `document.documentElement.lang === "en"`,
			"one first heading":     `document.querySelectorAll("h1").length === 1`,
			"captions":              `[...document.querySelectorAll("table")].every(t => t.caption && t.caption.textContent.trim())`,
			"scopes":                `[...document.querySelectorAll("th")].every(h => h.scope)`,
			"texts of pictures":     `[...document.images].every(i => i.hasAttribute("alt"))`,
			"texts of charts":       `[...document.querySelectorAll("picture img")].every(i => i.alt.length > 20)`,
			"names of bars":         `[...document.querySelectorAll("meter, progress")].every(m => m.getAttribute("aria-label"))`,
			"names of sections":     `[...document.querySelectorAll("section")].every(s => document.getElementById(s.getAttribute("aria-labelledby")))`,
			"headings without gaps": `[...document.querySelectorAll("h1,h2,h3")].map(h => +h.tagName[1]).every((n, i, a) => i === 0 || n <= a[i-1] + 1)`,
			"ids that are one":      `new Set([...document.querySelectorAll("[id]")].map(e => e.id)).size === document.querySelectorAll("[id]").length`,
			"roles of cards":        `[...document.querySelectorAll("table.cards td")].every(c => c.getAttribute("role") === "cell" && c.dataset.label)`,
		} {
			if !pagetest.Value[bool](b, expression) {
				t.Errorf("%s: %s are missing", path, what)
			}
		}
	}
}

// TestBrowserLogsIn: the form takes the token, and the cookie lasts for the next page.
func TestBrowserLogsIn(t *testing.T) {
	t.Parallel()
	browser := pagetest.Chromium(t)
	server := httptest.NewServer(New(Options{Board: fixture(t, time.Now()), Token: token}))
	t.Cleanup(server.CloseClientConnections)
	b := pagetest.Open(browser, t, pagetest.Device{Width: 390, Height: 844, NoScripts: true})
	b.Quiet = true // a 401 is told in the console
	b.Do(chromedp.Navigate(server.URL + "/audience?key=vip_customers"))
	fits(t, b, "login")
	b.Do(chromedp.SendKeys("#token", "not the token at all"+kb.Enter))
	b.Await("the refusal", `document.querySelector("[role=alert]")?.textContent.includes("not the token")`)
	b.Do(chromedp.SendKeys("#token", token+kb.Enter))
	b.Await("the audience", `document.querySelector("h1")?.textContent.includes("VIP customers")`)
	if cookies := pagetest.Value[string](b, `document.cookie`); cookies != "" {
		t.Errorf("scripts see the cookie %q", cookies)
	}
	b.Do(chromedp.Navigate(server.URL + "/"))
	if h := b.Text("h1"); h != "Overview" {
		t.Errorf("the next page is %q", h)
	}
	b.Do(chromedp.Click("header form button"))
	b.Await("the form", `document.querySelector("#token") !== null`)
}

// TestBrowserLogsInElsewhere: over plain HTTP under a name that is not of loopback a
// browser does not say which site a form comes from (Sec-Fetch-Site), so its origin must
// be told.
func TestBrowserLogsInElsewhere(t *testing.T) {
	t.Parallel()
	browser := pagetest.Chromium(t)
	server := httptest.NewServer(New(Options{Board: fixture(t, time.Now()), Token: token}))
	t.Cleanup(server.CloseClientConnections)
	b := pagetest.Open(browser, t, pagetest.Device{Width: 1280, Height: 800, NoScripts: true})
	b.Quiet = true // a 401 is told in the console
	b.Do(chromedp.Navigate(strings.Replace(server.URL, "127.0.0.1", pagetest.Elsewhere, 1) + "/"))
	b.Do(chromedp.SendKeys("#token", token+kb.Enter))
	b.Await("the overview", `document.querySelector("h1")?.textContent === "Overview"`)
	b.Do(chromedp.Click("header form button"))
	b.Await("the form", `document.querySelector("#token") !== null`)
}
