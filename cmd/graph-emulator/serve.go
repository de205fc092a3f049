package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	headerTimeout   = 10 * time.Second
	shutdownTimeout = 5 * time.Second
)

// serve serves the API and its admin side until ctx ends; then it lets requests in flight
// finish for a moment. It prints the addresses in use, for ports chosen by the system.
func serve(ctx context.Context, listen, adminListen string, graph, control http.Handler, out io.Writer) error {
	var lc net.ListenConfig
	api, err := lc.Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen for the API on %s: %w", listen, err)
	}
	admin, err := lc.Listen(ctx, "tcp", adminListen)
	if err != nil {
		return errors.Join(fmt.Errorf("listen for the admin side on %s: %w", adminListen, err), api.Close())
	}
	if _, err := fmt.Fprintf(out, "graph api on http://%s\nadmin on http://%s\n", api.Addr(), admin.Addr()); err != nil {
		return errors.Join(fmt.Errorf("print addresses: %w", err), api.Close(), admin.Close())
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serveOne(ctx, api, graph) })
	group.Go(func() error { return serveOne(ctx, admin, control) })
	return group.Wait()
}

func serveOne(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout,
		ErrorLog: log.New(io.Discard, "", 0), // connections cut on purpose
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		err := server.Shutdown(limit)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close() // requests that a fault keeps hanging
		}
		stopped <- err
	})
	err := server.Serve(l)
	if !stop() {
		return <-stopped // the end was asked for
	}
	return fmt.Errorf("serve %s: %w", l.Addr(), err)
}
