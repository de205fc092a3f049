package facebook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// gate is the last round tripper before the connection. It asks BeforeSend, and
// notes whether any of a body may have gone out: what certainly was not sent
// needs no waiting afterwards.
type gate struct {
	next       http.RoundTripper
	beforeSend func(context.Context) error
	readOnly   bool
}

// ErrReadOnly is what a request that would write is refused with, where
// Options.ReadOnly is set.
var ErrReadOnly = errors.New("this client reads only")

// passage is what the gate saw of one attempt.
type passage struct {
	sent    atomic.Bool // bytes of the body may have gone out
	refused atomic.Pointer[error]
	body    atomic.Pointer[gatedBody]
}

// end takes the body back: a transport may go on reading it after it has
// answered, but from here on the bytes are the caller's again.
func (p *passage) end() {
	if body := p.body.Load(); body != nil {
		body.stop()
	}
}

type passageKey struct{}

// RoundTrip sends the request unless BeforeSend refuses.
func (g *gate) RoundTrip(req *http.Request) (*http.Response, error) {
	p, _ := req.Context().Value(passageKey{}).(*passage)
	if p == nil {
		p = new(passage)
	}
	err := g.ask(req.Context(), p)
	if g.readOnly && req.Method != http.MethodGet {
		err = ErrReadOnly
		p.refused.Store(&err)
	}
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	out := req.Clone(req.Context())
	if req.Body != nil && req.Body != http.NoBody {
		body := &gatedBody{body: req.Body, ask: func() error { return g.ask(req.Context(), p) }, sent: &p.sent}
		out.Body = body
		// Without GetBody the transport repeats nothing by itself: one call
		// stays one attempt, each behind its own check.
		out.GetBody = nil
		p.body.Store(body)
	}
	return g.next.RoundTrip(out)
}

// CloseIdleConnections passes the wish on.
func (g *gate) CloseIdleConnections() {
	if closer, ok := g.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

func (g *gate) ask(ctx context.Context, p *passage) error {
	if g.beforeSend == nil {
		return nil
	}
	err := g.beforeSend(ctx)
	if err != nil {
		p.refused.Store(&err)
	}
	return err
}

// gatedBody asks before its first byte. The headers may have gone out by then
// (net/http sends them ahead of a body that it does not know to be in memory);
// a request whose body never comes is no request to Graph.
type gatedBody struct {
	ask  func() error
	sent *atomic.Bool

	mu    sync.Mutex
	asked bool
	body  io.ReadCloser // nil once stopped
}

var errStopped = errors.New("request body is over")

// Read reads the body after one successful ask.
func (b *gatedBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.body == nil {
		return 0, errStopped
	}
	if !b.asked {
		if err := b.ask(); err != nil {
			return 0, err
		}
		b.asked = true
		b.sent.Store(true)
	}
	return b.body.Read(p)
}

// Close closes the body beneath.
func (b *gatedBody) Close() error {
	b.stop()
	return nil
}

func (b *gatedBody) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.body != nil {
		b.body.Close()
		b.body = nil
	}
}
