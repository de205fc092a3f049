// Command muster-demo shows Muster at work without anything to set up: a broker,
// Facebook's Graph API and two replicas of the worker in one process, and a
// stream of made-up people who enter and leave audiences, change their emails
// and phones, and are erased.
//
// It goes on until Ctrl-C. With --once the stream ends by itself; when Facebook
// has converged it is compared with an independent model of the events, row by
// row. The last line says whether they agree, and so does the exit status.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	cmd := newCommand()
	cmd.SetOut(os.Stdout)
	err := cmd.ExecuteContext(ctx)
	stop()
	switch {
	case errors.Is(err, errDiffers): // was told already
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "muster-demo:", err)
		os.Exit(2)
	}
}
