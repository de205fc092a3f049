package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// callback waits on this machine for the answer of Facebook's dialog.
type callback struct {
	redirect string
	server   *http.Server
	answers  chan answer
}

type answer struct {
	code string
	err  error
}

// listenForCode listens on localhost. Only a call with the state of this login is
// an answer; the first one counts.
func listenForCode(ctx context.Context, port int, state string) (*callback, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("wait for Facebook's answer: %w; choose another --port, and allow its address in the app", err)
	}
	b := &callback{
		redirect: fmt.Sprintf("http://localhost:%d/callback", l.Addr().(*net.TCPAddr).Port),
		answers:  make(chan answer, 1),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) { b.take(w, r, state) })
	b.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = b.server.Serve(l) }() // ends by close
	return b, nil
}

func (b *callback) take(w http.ResponseWriter, r *http.Request, state string) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'")
	header.Set("Referrer-Policy", "no-referrer") // the address holds the code
	header.Set("Cache-Control", "no-store")
	query := r.URL.Query()
	if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(state)) != 1 {
		w.WriteHeader(http.StatusBadRequest)
		page(w, "This is not the answer that Muster waits for. Open the address in the terminal again.")
		return
	}
	a := answer{code: query.Get("code")}
	text := "Facebook's answer has arrived. Go on in the terminal; this page can be closed."
	if a.code == "" {
		// What Facebook writes beside it is not repeated.
		a.err = errors.New("log in: Facebook gave no code: the app was not allowed, or the dialog was left; run the command again")
		text = "Muster was not allowed in. Nothing was changed; this page can be closed."
	}
	select {
	case b.answers <- a:
	default:
	}
	page(w, text)
}

func page(w io.Writer, text string) {
	fmt.Fprintf(w, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Muster</title><p>%s</p></html>\n", text)
}

func (b *callback) wait(ctx context.Context) (string, error) {
	select {
	case a := <-b.answers:
		return a.code, a.err
	case <-ctx.Done():
		return "", fmt.Errorf("log in: no answer from the browser: %w; run the command again", context.Cause(ctx))
	}
}

// close lets the page be delivered.
func (b *callback) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = b.server.Shutdown(ctx) // the process ends anyway
}
