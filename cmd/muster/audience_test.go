package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestAudienceOrders: orders reach the owner, and what it says of its audiences is
// shown.
func TestAudienceOrders(t *testing.T) {
	t.Parallel()
	b, f := startBroker(t), startFacebook(t)
	b.enters(t, 0, "u1")
	stop := b.startWorker(t, f)
	defer stop()
	f.await(t, 1)

	complete := func(flags []string) output {
		args := slices.Concat([]string{cobra.ShellCompRequestCmd, "audience", "show"}, flags, []string{""})
		return do(t.Context(), "", nil, args...)
	}
	told := func(want string, args ...string) string {
		t.Helper()
		got := b.do(t, "", args...)
		if got.err != nil || !strings.Contains(got.stdout, want) {
			t.Errorf("%v: %v, %q, want %q", args, got.err, got.stdout, want)
		}
		return got.stdout
	}
	told("pause vip: done\n", "audience", "pause", "vip")
	if list := told("vip", "audience", "list"); !regexp.MustCompile(`vip +paused +1 +\d +0 +0 +(never|\S+ ago) +\d+\n`).MatchString(list) {
		t.Errorf("list: %s", list)
	}
	told("act_1: ", "audience", "list")
	b.enters(t, 1, "u2")
	told("resume vip: done\n", "audience", "resume", "vip")
	f.await(t, 2)
	told("resync vip: done\n", "resync", "vip")
	if got := told("resync vip: all is sent\n", "resync", "vip", "--follow"); !strings.Contains(got, "vip: waiting, ") {
		t.Errorf("followed: %q", got)
	}
	told("resync vip: begun; muster audience show vip tells how far it is\n", "resync", "vip", "--replace")
	told("pause vip: done\n", "audience", "pause", "vip")
	if got := b.do(t, "", "resync", "vip", "--replace"); exitCode(got.err) != exitFailed || !strings.Contains(got.err.Error(), "the audience is paused. Run muster audience resume vip first.") {
		t.Errorf("replace while paused: %v", got.err)
	}
	if show := told("members ", "audience", "show", "vip"); !strings.Contains(show, "the audience is paused") {
		t.Errorf("show: %s", show)
	}
	told("resume vip: done\n", "audience", "resume", "vip")
	told("release vip: done\n", "audience", "release", "vip")
	told("retry vip: done\n", "retry", "vip")
	told("retry act_1: told the owners of 2 partitions\n", "retry", "act_1")
	if show := told("members ", "audience", "show", "vip"); !strings.Contains(show, "2, of them 0 without an identifier") || !strings.Contains(show, "HOUR (UTC)") {
		t.Errorf("show: %s", show)
	}
	told(`"audience": "vip"`, "audience", "list", "--json")

	if got := complete(b.flags); got.err != nil || !regexp.MustCompile(`(?m)^vip\t\w+$`).MatchString(got.stdout) {
		t.Errorf("completed: %v, %q", got.err, got.stdout)
	}
	if got := complete([]string{"--config", "missing.yaml"}); got.err != nil || got.stdout != ":4\n" {
		t.Errorf("completed without a configuration: %v, %q", got.err, got.stdout)
	}
	for _, args := range [][]string{{"audience", "pause", "vpi"}, {"audience", "show", "vpi"}, {"retry", "vpi"}} {
		got := b.do(t, "", args...)
		if exitCode(got.err) != exitUsage || !strings.Contains(got.err.Error(), "did you mean vip?") {
			t.Errorf("%v: %v", args, got.err)
		}
	}
	if got := b.do(t, "", "retry", "act_x"); exitCode(got.err) != exitUsage {
		t.Errorf("retry of no account: %v", got.err)
	}
}

// TestOrderWithoutReplica: an order that nobody has obeyed is no success, and is
// obeyed by the next replica.
func TestOrderWithoutReplica(t *testing.T) {
	t.Parallel()
	b, f := startBroker(t), startFacebook(t)
	b.enters(t, 0, "u1")
	stop := b.startWorker(t, f)
	f.await(t, 1)
	for !strings.Contains(b.do(t, "", "audience", "list").stdout, "vip") {
		if t.Context().Err() != nil {
			t.Fatal("the audience is not listed")
		}
	}
	stop()
	got := b.do(t, "", "audience", "pause", "vip", "--wait", "1s")
	if exitCode(got.err) != exitFailed || !strings.Contains(got.err.Error(), "no replica has obeyed within 1s") {
		t.Errorf("got %v", got.err)
	}
	stop = b.startWorker(t, f)
	defer stop()
	for !regexp.MustCompile(`vip +paused`).MatchString(b.do(t, "", "audience", "list").stdout) {
		if t.Context().Err() != nil {
			t.Fatal("the order was not obeyed")
		}
	}
}

// TestAudienceChanges: an audience is given another Facebook audience, deleted, and
// forgotten; what cannot be taken back is asked for first.
func TestAudienceChanges(t *testing.T) {
	t.Parallel()
	b, f := startBroker(t), startFacebook(t)
	b.enters(t, 0, "u1")
	stop := b.startWorker(t, f)
	defer stop()
	f.await(t, 1)
	own := f.Audiences()[0].ID
	do := func(want string, args ...string) {
		t.Helper()
		if got := b.do(t, "", args...); got.err != nil || !strings.Contains(got.stdout, want) {
			t.Errorf("%v: %v, %q, want %q", args, got.err, got.stdout, want)
		}
	}
	fails := func(code int, want string, args ...string) {
		t.Helper()
		if got := b.do(t, "", args...); exitCode(got.err) != code || !strings.Contains(got.err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, got.err, want)
		}
	}
	fails(exitUsage, "give --yes to do it", "audience", "delete", "vip")
	do("retry vip: done", "retry", "vip") // what is shown is of now
	do("would ask, and do: Delete Facebook audience "+own+" of audience vip", "audience", "delete", "vip", "--dry-run")
	fails(exitFailed, "refused: 1 members are in the audience", "audience", "forget", "vip", "--yes")
	if show := b.do(t, "", "audience", "show", "vip").stdout; !strings.Contains(show, "refused: 1 members are in the audience") {
		t.Errorf("show: %s", show)
	}
	do("vip: ", "audience", "delete", "vip", "--yes")
	f.until(t, func() bool { return f.Audience(own).Deleted })
	do("resume vip: done", "audience", "resume", "vip")
	other := f.AddAudience("1", map[string]string{"name": "by hand", "subtype": "CUSTOM"})
	fails(exitUsage, "want 1 to 32 digits", "audience", "adopt", "vip", "mine")
	do("adopt vip: ", "audience", "adopt", "vip", other)
	f.until(t, func() bool { return f.Audience(other).Lines == 1 })
	if list := b.do(t, "", "audience", "list").stdout; !strings.Contains(list, "vip: content unknown") {
		t.Errorf("list: %s", list)
	}
	do("pause vip: done", "audience", "hold", "vip")
}

// until returns when something holds of the emulator, which an answer brings about.
func (f *emulated) until(t *testing.T, holds func() bool) {
	t.Helper()
	for !holds() {
		select {
		case <-f.answered:
		case <-t.Context().Done():
			t.Fatal("it never came about")
		}
	}
}
