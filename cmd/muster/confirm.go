package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// confirmation is how a command that cannot be taken back is allowed to act: by
// a person at a terminal, or by --yes.
type confirmation struct{ yes, dryRun bool }

func (c *confirmation) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "show what would be done, and do nothing")
	cmd.Flags().BoolVarP(&c.yes, "yes", "y", false, "do it without asking")
}

// check finds, before any work, that nobody could be asked.
func (c *confirmation) check(cmd *cobra.Command, taken string) error {
	switch {
	case c.yes && c.dryRun:
		return &usageError{errors.New("--yes and --dry-run: want one of them")}
	case c.yes || c.dryRun:
		return nil
	case taken != "":
		return &usageError{fmt.Errorf("%s, so nobody can be asked: give --yes to do it, or --dry-run to see what would be done", taken)}
	case !isTerminal(cmd.InOrStdin()):
		return &usageError{errors.New("standard input is no terminal, so nobody can be asked: give --yes to do it, or --dry-run to see what would be done")}
	}
	return nil
}

// ask returns nil when the command may act.
func (c *confirmation) ask(cmd *cobra.Command, question string) error {
	if c.yes {
		return nil
	}
	return ask(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), question)
}

var errDeclined = errors.New("not confirmed: nothing was changed")

// ask puts a question to a person. What is not a yes is a no.
func ask(ctx context.Context, in io.Reader, out io.Writer, question string) error {
	if _, err := fmt.Fprintf(out, "%s [yes/no] ", question); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	line := make(chan string, 1)
	go func() { // a read from a terminal cannot be ended; the process ends it
		text, _ := bufio.NewReader(in).ReadString('\n') // the end of the input is a no
		line <- text
	}()
	select {
	case text := <-line:
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "yes", "y":
			return nil
		}
	case <-ctx.Done():
		fmt.Fprintln(out)
	}
	return errDeclined
}

func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
