package facebook_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

func connect(t *testing.T, o graphtest.Options) (*graphtest.Server, *facebook.Client) {
	t.Helper()
	server := graphtest.New(o)
	c, err := facebook.New(facebook.Options{
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: graphtest.DefaultToken}),
		Transport:   server.RoundTripper(), PageLimit: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	return server, c
}

var hashA, hashB = strings.Repeat("a", 64), strings.Repeat("b", 64)

// TestAgainstEmulator walks the whole life of an audience.
func TestAgainstEmulator(t *testing.T) {
	t.Parallel()
	server, c := connect(t, graphtest.Options{})
	account, err := facebook.ParseAccountID(graphtest.DefaultAccount)
	if err != nil {
		t.Fatal(err)
	}
	made := map[facebook.AudienceID]bool{}
	var id facebook.AudienceID
	for range 5 {
		if id, _, err = c.CreateAudience(t.Context(), account, facebook.NewAudience{Name: "same", Description: "marker"}); err != nil {
			t.Fatal(err)
		}
		made[id] = true
	}
	listed, after := 0, ""
	for {
		page, err := c.AudiencePage(t.Context(), account, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Audiences {
			if !made[a.ID] || a.Description != "marker" {
				t.Errorf("listed %+v", a)
			}
			listed++
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if listed != 5 || len(made) != 5 {
		t.Errorf("made %d, listed %d", len(made), listed)
	}

	bad := `["` + hashB + `",""]`
	added, err := c.AddUsers(t.Context(), id, facebook.Payload{
		Account: account, Schema: []string{"EMAIL", "EXTERN_ID"}, Data: []byte(`[["` + hashA + `","u1"],` + bad + `]`), Rows: 2,
	})
	if err != nil || added.AudienceID != id || added.NumReceived != 2 || added.NumInvalid != 1 {
		t.Fatalf("added %+v, %v", added, err)
	}
	want := facebook.InvalidRow{Hash: facebook.HashRow([]byte(bad)), Reason: facebook.ReasonEmptyExternID}
	if len(added.InvalidRows) != 1 || added.InvalidRows[0] != want {
		t.Errorf("invalid rows %+v", added.InvalidRows)
	}
	server.Settle()
	if rows := server.Audience(string(id)).Rows(); len(rows) != 1 {
		t.Errorf("rows %v", rows)
	}
	removed, err := c.RemoveUsers(t.Context(), id, facebook.Payload{Schema: []string{"EMAIL"}, Data: []byte(`[["` + hashA + `"]]`), Rows: 1})
	if err != nil || removed.NumReceived != 1 {
		t.Fatalf("removed %+v, %v", removed, err)
	}
	server.Settle()
	if rows := server.Audience(string(id)).Rows(); len(rows) != 0 {
		t.Errorf("rows %v", rows)
	}
	read, _, err := c.Audience(t.Context(), id)
	if err != nil || read.ID != id || read.Name != "same" || read.Account != account {
		t.Errorf("read %+v, %v", read, err)
	}
}

// TestEmulatorFaults holds every fault of the emulator to its class.
func TestEmulatorFaults(t *testing.T) {
	t.Parallel()
	type want struct {
		class   facebook.Class
		unknown bool
	}
	tests := map[graphtest.Kind]want{
		graphtest.HTTP500: {facebook.Transient, true}, graphtest.HTTP503: {facebook.Transient, true}, graphtest.HTTP200Text: {facebook.Transient, true},
		graphtest.HTML400: {facebook.Transient, true}, graphtest.HTML500: {facebook.Transient, true}, graphtest.Slow: {},
		graphtest.ResetBefore: {facebook.Transient, true}, graphtest.ResetAfter: {facebook.Transient, true},
		graphtest.TimeoutBefore: {facebook.Transient, true}, graphtest.TimeoutAfter: {facebook.Transient, true},
		graphtest.Code1: {facebook.Transient, true}, graphtest.Code1_99: {facebook.Transient, true}, graphtest.Code2Transient: {facebook.Transient, true},
		graphtest.Code1Reduce: {facebook.TooLarge, false},
		graphtest.Code4:       {facebook.ThrottleApp, false}, graphtest.Code368: {facebook.Cooldown, false},
		graphtest.Throttle80003: {facebook.Throttle, false}, graphtest.Throttle17: {facebook.Throttle, false},
		graphtest.Throttle613: {facebook.Throttle, false}, graphtest.Abuse613: {facebook.Throttle, false},
		graphtest.TOS: {facebook.Terms, false}, graphtest.TokenExpired: {facebook.Reauth, false},
		graphtest.MissingAfterCreate: {facebook.AudienceUnseen, false}, graphtest.Flagged: {facebook.AudienceFlagged, false},
		graphtest.ReplaceInProgress: {facebook.AudienceBusy, false}, graphtest.LowSize: {facebook.LowSize, false},
		graphtest.TooMany: {facebook.TooLarge, false}, graphtest.Gone: {facebook.AudienceGone, false},
		graphtest.Forbidden: {facebook.Permission, false}, graphtest.BadData: {facebook.BadRequest, false},
		graphtest.SessionTimedOut: {facebook.ReplaceFailed, false}, graphtest.SessionFinished: {facebook.ReplaceFailed, false},
		graphtest.FirstBatchMissing: {facebook.ReplaceFailed, false}, graphtest.NotReplaced: {facebook.ReplaceFailed, false},
		graphtest.TooManyPeople: {facebook.AudienceRefused, false}, graphtest.ReplaceFails: {},
	}
	for _, kind := range graphtest.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			want, ok := tests[kind]
			if !ok {
				t.Fatal("no case")
			}
			synctest.Test(t, func(t *testing.T) {
				server, c := connect(t, graphtest.Options{})
				account, err := facebook.ParseAccountID(graphtest.DefaultAccount)
				if err != nil {
					t.Fatal(err)
				}
				id, _, err := c.CreateAudience(t.Context(), account, facebook.NewAudience{Name: "n"})
				if err != nil {
					t.Fatal(err)
				}
				server.Inject(graphtest.Fault{Kind: kind})
				if kind == graphtest.Code1Reduce {
					_, err = c.AudiencePage(t.Context(), account, "")
				} else {
					_, err = c.RemoveUsers(t.Context(), id, facebook.Payload{Account: account, Schema: []string{"EMAIL"}, Data: []byte(`[["` + hashA + `"]]`), Rows: 1})
				}
				if server.FaultsFired()[kind] != 1 {
					t.Fatalf("the fault did not happen: %v", err)
				}
				var e *facebook.Error
				switch errors.As(err, &e); {
				case want.class == facebook.Unclassified:
					if err != nil {
						t.Errorf("error %v", err)
					}
				case e == nil || e.Class != want.class || e.Unknown != want.unknown:
					t.Errorf("error %v; want %s, unknown %t", err, want.class, want.unknown)
				case e.Class == facebook.Throttle && e.RetryAfter < time.Minute:
					t.Errorf("wait %s", e.RetryAfter)
				}
			})
		})
	}
}

// TestReplaceUsers walks a session: 414 while it is open, then what was sent is all
// there is.
func TestReplaceUsers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, c := connect(t, graphtest.Options{ReplaceDelay: time.Minute})
		id := facebook.AudienceID(server.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "n", "subtype": "CUSTOM"}))
		server.AddRows(string(id), graphtest.Row{"EMAIL": strings.Repeat("c", 64)})
		batch := func(seq int64, last bool, hash string) error {
			_, err := c.ReplaceUsers(t.Context(), id, facebook.Payload{Schema: []string{"EMAIL"}, Data: []byte(`[["` + hash + `"]]`), Rows: 1},
				facebook.Session{ID: 1 << 62, Seq: seq, Last: last, Total: 2})
			return err
		}
		status := func() int {
			a, _, err := c.Audience(t.Context(), id, "operation_status")
			if err != nil {
				t.Fatal(err)
			}
			return a.Operation.Code
		}
		if err := batch(0, false, hashA); facebook.ClassOf(err) != facebook.BadRequest {
			t.Errorf("batch 0: %v", err)
		}
		if err := batch(2, false, hashA); facebook.ClassOf(err) != facebook.ReplaceFailed {
			t.Errorf("batch 2 before 1: %v", err)
		}
		if err := batch(1, false, hashA); err != nil || status() != facebook.OperationReplacing {
			t.Errorf("batch 1: %v, status %d", err, status())
		}
		if err := batch(2, true, hashB); err != nil || status() != facebook.OperationReplacing {
			t.Errorf("batch 2: %v, status %d", err, status())
		}
		var e *facebook.Error
		if err := batch(2, true, hashB); !errors.As(err, &e) || e.Subcode != facebook.SubcodeFinished {
			t.Errorf("batch 2 again: %v", err)
		}
		time.Sleep(time.Minute)
		if got := server.Audience(string(id)).Keys(); status() != facebook.OperationNormal || len(got) != 2 || got[0] != "EMAIL="+hashA {
			t.Errorf("status %d, keys %v", status(), got)
		}
	})
}

// TestDeleteAudience: for good, and not where lookalikes were made from it.
func TestDeleteAudience(t *testing.T) {
	t.Parallel()
	server, c := connect(t, graphtest.Options{})
	id := facebook.AudienceID(server.AddAudience(graphtest.DefaultAccount, map[string]string{"name": "n", "subtype": "CUSTOM"}))
	server.SetLookalikes(string(id), "7")
	if _, err := c.DeleteAudience(t.Context(), id); facebook.ClassOf(err) != facebook.AudienceRefused {
		t.Errorf("with a lookalike: %v", err)
	}
	server.SetLookalikes(string(id))
	if _, err := c.DeleteAudience(t.Context(), id); err != nil || !server.Audience(string(id)).Deleted {
		t.Errorf("deleted: %v", err)
	}
	if _, err := c.DeleteAudience(t.Context(), id); facebook.ClassOf(err) != facebook.AudienceGone {
		t.Errorf("again: %v", err)
	}
}
