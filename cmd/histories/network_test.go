package histories

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
)

// network is what connects one replica to the world, until it is cut.
type network struct {
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	graph http.RoundTripper

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]struct{}
	ctx   context.Context
	end   context.CancelFunc
}

var errCut = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("the replica has no power")}

func newNetwork(dial func(context.Context, string, string) (net.Conn, error), graph http.RoundTripper) *network {
	n := &network{dial: dial, graph: graph, conns: map[net.Conn]struct{}{}}
	n.ctx, n.end = context.WithCancel(context.Background())
	return n
}

// Dial opens a connection to a broker.
func (n *network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if n.isCut() {
		return nil, errCut
	}
	c, err := n.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut {
		return nil, errors.Join(errCut, c.Close())
	}
	n.conns[c] = struct{}{}
	return &conn{Conn: c, network: n}, nil
}

// RoundTrip carries a request to Facebook. One that is on its way when the
// network is cut may have arrived.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	if n.isCut() {
		return nil, errCut
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer context.AfterFunc(n.ctx, cancel)()
	defer cancel()
	return n.graph.RoundTrip(r.WithContext(ctx))
}

// Cut ends every connection for good.
func (n *network) Cut() {
	n.mu.Lock()
	n.cut = true
	conns := n.conns
	n.conns = nil
	n.mu.Unlock()
	n.end()
	for c := range conns {
		_ = c.Close() // the peer may have been first
	}
}

func (n *network) isCut() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cut
}

// conn is a connection that its network knows.
type conn struct {
	net.Conn
	network *network
}

func (c *conn) Close() error {
	c.network.mu.Lock()
	delete(c.network.conns, c.Conn)
	c.network.mu.Unlock()
	return c.Conn.Close()
}
