// Command graph-emulator serves the Graph API emulator of package graphtest, for
// docker-compose and for tests whose workers are processes of their own.
//
// The Graph API is served on --listen. The journal, the audiences and the injection of
// faults are served on --admin-listen, which knows no authentication and is therefore a
// loopback address unless told otherwise.
//
// TestSDKs (make sdk) has Meta's own Node and Python SDKs drive the command, by the programs in
// testdata/sdk.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "graph-emulator:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	cmd := newCommand()
	cmd.SetArgs(args)
	cmd.SetOut(out)
	cmd.SetErr(out)
	return cmd.ExecuteContext(ctx)
}
