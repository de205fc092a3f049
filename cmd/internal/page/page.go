package page

import (
	"bytes"
	"embed"
	"net/http"
	"time"

	"muster/cmd/internal/status"
)

// Options are what a page shows and to whom.
type Options struct {
	Board *status.Board
	// Token is asked for; "" = nothing is, and only names of loopback are answered.
	Token   string
	Version string
	// Waiting says what the replica that serves the page waits for before it can read
	// anything; "" = nothing.
	Waiting func() string
	// Done ends the streams of open pages: http.Server.Shutdown waits for them.
	Done <-chan struct{}
}

// page is the handler.
type page struct {
	Options
	mux   *http.ServeMux
	guard *guard
}

//go:embed assets
var assets embed.FS

// New returns the page's handler. It is safe for concurrent use.
func New(o Options) http.Handler {
	if o.Waiting == nil {
		o.Waiting = func() string { return "" }
	}
	p := &page{Options: o, mux: http.NewServeMux()}
	p.mux.HandleFunc("GET /{$}", p.overview)
	p.mux.HandleFunc("GET /audience", p.audience)
	p.mux.HandleFunc("GET /chart.svg", p.chart)
	p.mux.HandleFunc("GET /events", p.events)
	p.mux.Handle("GET /assets/", http.FileServerFS(assets))
	p.guard = newGuard(o.Token, p)
	return p.guard
}

// show answers with a page. It is made whole before the first byte is sent, so that an
// error is an answer of its own.
func show(w http.ResponseWriter, code int, name string, data any) {
	var body bytes.Buffer
	if err := templates.ExecuteTemplate(&body, name, data); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(body.Bytes()) // a lost reader needs no answer
}

// frame is what every page has around it.
type frame struct {
	Title   string
	Now     time.Time
	Version string
	Waiting string
	Guarded bool // there is something to log out of
}

func (p *page) frame(title string, now time.Time) frame {
	return frame{Title: title, Now: now.UTC(), Version: p.Version, Waiting: p.Waiting(), Guarded: p.Token != ""}
}
