package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestAsk(t *testing.T) {
	t.Parallel()
	for answer, yes := range map[string]bool{"yes\n": true, "y\n": true, " YES \n": true, "no\n": false, "\n": false, "": false, "yes please\n": false} {
		var out bytes.Buffer
		err := ask(t.Context(), strings.NewReader(answer), &out, "Really?")
		if (err == nil) != yes || (!yes && !errors.Is(err, errDeclined)) || out.String() != "Really? [yes/no] " {
			t.Errorf("%q: %v after %q", answer, err, out.String())
		}
	}
}

// An interrupt at the question is a no.
func TestAskInterrupted(t *testing.T) {
	t.Parallel()
	in, typing := io.Pipe()
	defer typing.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ask(ctx, in, io.Discard, "Really?"); !errors.Is(err, errDeclined) {
		t.Errorf("got %v", err)
	}
}
