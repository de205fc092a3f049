package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/cmd/internal/status"
	"muster/schema/musterpb"
)

// TestStatus: what replicas say of themselves and their audiences, as text and as JSON,
// also when none runs any more.
func TestStatus(t *testing.T) {
	t.Parallel()
	b, f := startBroker(t), startFacebook(t)
	b.enters(t, 0, "u1")
	stop := b.startWorker(t, f)
	f.await(t, 1)
	var o status.Overview
	for len(o.Audiences) == 0 || len(o.Replicas) == 0 || o.Audiences[0].LastSync.IsZero() {
		got := b.do(t, "", "status", "--json")
		if got.err != nil {
			t.Fatal(got.err)
		}
		o = status.Overview{}
		if err := json.Unmarshal([]byte(got.stdout), &o); err != nil {
			t.Fatal(err)
		}
	}
	if o.Sum.Audiences != 1 || o.Sum.Members != 1 || o.Sum.Working != 1 || len(o.Replicas[0].Tasks) == 0 {
		t.Errorf("as JSON: %+v", o)
	}
	got := b.do(t, "", "status")
	for _, want := range []string{"1 audience, 0 of them stopped · 1 member ", "1 of 1 replica at work", "AUDIENCE", "vip", "AD ACCOUNT", "act_1", "REPLICA", "uploader 0"} {
		if got.err != nil || !strings.Contains(got.stdout, want) {
			t.Errorf("%v: no %q in\n%s", got.err, want, got.stdout)
		}
	}
	if strings.Contains(got.stdout, "\x1b") {
		t.Errorf("no terminal, and colours: %q", got.stdout)
	}
	stop()
	got = b.do(t, "", "status", "--once")
	if !strings.Contains(got.stdout, "0 of 0 replicas at work") || !strings.Contains(got.stdout, "vip") {
		t.Errorf("without a replica: %v\n%s", got.err, got.stdout)
	}
}

// board is one with an audience that is blocked and one whose name moves the cursor.
func statusBoard(t *testing.T, now time.Time) *status.Board {
	t.Helper()
	b := new(status.Board)
	for key, s := range map[string]*musterpb.AudienceStatus{
		"vip":         {State: "waiting", Members: 12_345, Pending: 3, FacebookId: "2385", Account: "1", WindowStartedMs: now.Add(-10 * time.Minute).UnixMilli(), NextWindowMs: now.Add(50 * time.Minute).UnixMilli()},
		"newsletter":  {State: "blocked", Block: &musterpb.Block{Title: "the terms are not accepted", Remedy: "Accept them."}},
		"evil\x1b[2J": {State: "waiting"},
	} {
		value, err := s.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		if err := b.SetAudience(key, value); err != nil {
			t.Fatal(err)
		}
	}
	r := &musterpb.Replica{Host: "a", State: "restoring", SaidMs: now.UnixMilli(), StartedMs: now.Add(-time.Minute).UnixMilli(), Reasons: []string{"task uploader/0 is taking over"},
		Tasks:       []*musterpb.TaskNote{{Stage: "uploader", State: "restoring", RestoreDone: 1, RestoreTotal: 4}},
		DeadLetters: []*musterpb.Tally{{Of: "no_user", Count: 2}}}
	value, err := r.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetReplica("r", value); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestStatusText(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
	b := statusBoard(t, now)
	got := statusLook{}.text(b.Overview(now))
	want := `3 audiences, 1 of them stopped · 12,345 members · 3 pending · 0 of 1 replica at work · 0 records behind · 2 dead letters · 12:00:00 UTC

NEEDS ATTENTION
newsletter (blocked): the terms are not accepted. Accept them.
a (restoring): task uploader/0 is taking over

AUDIENCE    STATE      SIZE  PENDING  LAST SYNC   NEXT SYNC  FACEBOOK
evil�[2J    waiting       0        0  never       –
newsletter  blocked       0        0  never       –
vip         waiting  12,345        3  10 min ago  in 50 min  2385

REPLICA  TASK        STATE      BEHIND  RESTORED
a        1 task      restoring          started 1 min ago, heard just now
         uploader 0  restoring       0  25 % of 4 records

DEAD LETTERS  RECORDS
no user             2
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if coloured := (statusLook{colour: true}).text(b.Overview(now)); !strings.Contains(coloured, "\x1b[31") || strings.Contains(coloured, "\x1b[2J") {
		t.Errorf("in colour: %q", coloured)
	}
}

// TestStatusLive: a terminal shows the board anew when it changes, no more than fits, and
// is left as it was.
func TestStatusLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := statusBoard(t, time.Now())
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		var out bytes.Buffer
		following := false
		live := statusLive{
			out: &out, look: statusLook{}, size: func() (int, int, error) { return 40, 9, nil },
			follow: func(ctx context.Context) {
				following = true
				time.Sleep(1500 * time.Millisecond)
				value, err := (&musterpb.AudienceStatus{State: "adding", Members: 99}).MarshalVT()
				if err != nil {
					t.Error(err)
				}
				if err := b.SetAudience("evil\x1b[2J", value); err != nil {
					t.Error(err)
				}
				<-ctx.Done()
				following = false
			},
		}
		if err := live.run(ctx, b); err != nil || following {
			t.Errorf("%v, still following: %t", err, following)
		}
		screens := strings.Split(out.String(), home)
		if len(screens) < 4 || len(screens) > 6 {
			t.Errorf("drawn %d times in eight seconds", len(screens)-1)
		}
		for _, s := range screens[1:] {
			if lines := strings.Count(s, "\r\n") + 1; lines != 9 || !strings.Contains(s, "more lines") {
				t.Errorf("%d lines on a screen of 9: %q", lines, s)
			}
			for line := range strings.SplitSeq(s, "\r\n") {
				if n := len([]rune(strings.SplitN(line, eraseRest, 2)[0])); n > 40 {
					t.Errorf("%d letters in a line of 40: %q", n, line)
				}
			}
		}
		if !strings.HasPrefix(out.String(), otherScreen) || !strings.HasSuffix(out.String(), firstScreen) {
			t.Error("the terminal is not left as it was")
		}
		if !strings.Contains(screens[1], " 12,345 ") || !strings.Contains(screens[len(screens)-1], " 12,444 ") {
			t.Errorf("the change is not drawn: %q", screens[len(screens)-1])
		}
	})
}
