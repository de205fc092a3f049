// Command sample-producer writes the events of made-up people to Kafka, as a
// customer-data platform would: they appear, tell their emails and phones, enter and
// leave audiences, are erased. docker-compose.yml runs it, so that there is something
// to see; it is no load test and no part of a worker.
//
// The people and their events are those of package model.
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
		fmt.Fprintln(os.Stderr, "sample-producer:", err)
		os.Exit(1)
	}
}

// run produces until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	cmd := newCommand()
	cmd.SetArgs(args)
	cmd.SetOut(out)
	cmd.SetErr(out)
	return cmd.ExecuteContext(ctx)
}
