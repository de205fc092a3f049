// Package pagetest looks at the status page with a real browser: Debian's Chromium,
// headless, driven by its DevTools protocol. It is for tests.
package pagetest

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Elsewhere is a name of this machine that browsers trust no more than any other over
// plain HTTP: of localhost they say more (Secure Contexts).
const Elsewhere = "muster.example"

// Chromium starts Debian's Chromium, headless and with a profile of its own. Without
// one the test is skipped, but not in CI.
func Chromium(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("-short")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if ci, err := strconv.ParseBool(os.Getenv("CI")); err == nil && ci {
			t.Fatal("Chromium is missing: apt-get install -y chromium")
		}
		t.Skip("Chromium is missing: apt-get install -y chromium")
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(profile(t)), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP "+Elsewhere+" 127.0.0.1"),
	)...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// profile is an empty directory. Chromium's processes may still write to it for a
// moment after its end, so it is removed with patience.
func profile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "muster-page")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 50 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Error(err)
	})
	return dir
}

// Device is who looks.
type Device struct {
	Width, Height int64 // of the screen, in CSS pixels; below 640 it is a phone
	Dark          bool
	NoScripts     bool
}

// Tab is one open page and what its console said.
type Tab struct {
	// Quiet: what the console says is expected, such as that a page was not found.
	Quiet bool

	t     *testing.T
	ctx   context.Context
	close context.CancelFunc

	mu       sync.Mutex
	problems []string
}

// Open opens a tab of a device. Whatever its console says, violations of the policy for
// content too, fails the test.
func Open(browser context.Context, t *testing.T, d Device) *Tab {
	t.Helper()
	b := &Tab{t: t}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithListener(b.listen))
	t.Cleanup(cancel)
	ctx, cancelTime := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancelTime)
	b.ctx, b.close = ctx, cancel
	scheme := "light"
	if d.Dark {
		scheme = "dark"
	}
	b.Do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
			return err
		}
		if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: d.NoScripts}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
	if d.Width < 640 {
		b.Do(chromedp.EmulateViewport(d.Width, d.Height, chromedp.EmulateMobile))
	} else {
		b.Do(chromedp.EmulateViewport(d.Width, d.Height))
	}
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.problems) > 0 && !b.Quiet {
			t.Errorf("the console: %s", strings.Join(b.problems, "; "))
		}
	})
	return b
}

func (b *Tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		b.problems = append(b.problems, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.problems = append(b.problems, "console."+string(e.Type))
	}
}

// Close closes the tab before the test ends.
func (b *Tab) Close() { b.close() }

// Do carries actions out.
func (b *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// Result is what an action gives.
func Result[T any](b *Tab, a chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, a)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// Text is what a person reads in the first element that is selected.
func (b *Tab) Text(selector string) string {
	b.t.Helper()
	return Result(b, chromedp.Text(selector))
}

// Value is what an expression gives; it is evaluated also where the page's scripts
// are off.
func Value[T any](b *Tab, expression string) T {
	b.t.Helper()
	return Result(b, chromedp.Evaluate[T](expression))
}

// Await waits until an expression is true. It may fail for a while: a page that is left
// has nothing to evaluate it in.
func (b *Tab) Await(what, expression string) {
	b.t.Helper()
	var err error
	for range 400 {
		var done bool
		if done, err = chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")")); err == nil && done {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("waited in vain: %s (%v)", what, err)
}
