package worker

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Options are what a process that is not the plain worker puts in the place of
// the real world: a demo, a test. All are optional.
type Options struct {
	// Version is told to telemetry and to Facebook (User-Agent).
	Version string
	// Dial opens connections to brokers. Default: the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Transport carries requests to Facebook. Default: the network.
	Transport http.RoundTripper
	// FS holds the tables. Default: the disk.
	FS vfs.FS
	// DiskPatience is how long FS may refuse writes in a row before Run gives up.
	// Default 10 s.
	DiskPatience time.Duration
	// Logger takes what the worker says. Default slog.Default.
	Logger *slog.Logger
	// TracerProvider and MeterProvider replace the ones that the OTEL_… variables
	// configure and /metrics shows.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}
