package facebook_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"muster/uploader/facebook"
	"muster/uploader/facebook/graphtest"
)

// TestRemoveEverywhere: the person is gone from all audiences of the account, and of no
// other.
func TestRemoveEverywhere(t *testing.T) {
	t.Parallel()
	server, c := connect(t, graphtest.Options{Accounts: []graphtest.Account{{ID: "1"}, {ID: "2"}}})
	own, others := server.AddAudience("1", map[string]string{"name": "own"}), server.AddAudience("1", map[string]string{"name": "others"})
	elsewhere := server.AddAudience("2", map[string]string{"name": "elsewhere"})
	for _, id := range []string{own, others, elsewhere} {
		server.AddRows(id, graphtest.Row{"EMAIL": hashA}, graphtest.Row{"EMAIL": hashB})
	}
	p := facebook.Payload{Schema: []string{"EMAIL", "PHONE"}, Data: []byte(`[["` + hashA + `",""]]`), Rows: 1}
	for range 2 { // it may be repeated
		result, err := c.RemoveEverywhere(t.Context(), "act_1", p)
		if err != nil || result.NumReceived != 1 || result.NumInvalid != 0 {
			t.Fatalf("answered %+v, %v", result, err)
		}
	}
	server.Settle()
	for id, want := range map[string]int{own: 1, others: 1, elsewhere: 2} {
		if n := server.Audience(id).Lines; n != want {
			t.Errorf("audience %q holds %d rows, want %d", server.Audience(id).Name, n, want)
		}
	}
}

// TestRemoveEverywhereRefused: what cannot be right is not sent.
func TestRemoveEverywhereRefused(t *testing.T) {
	t.Parallel()
	server, c := connect(t, graphtest.Options{})
	good := facebook.Payload{Schema: []string{"EMAIL"}, Data: []byte(`[["` + hashA + `"]]`), Rows: 1}
	none, tooMany := good, good
	none.Rows, tooMany.Rows = 0, facebook.MaxRows+1
	for what, call := range map[string]func() error{
		"account":       func() error { _, err := c.RemoveEverywhere(t.Context(), "all", good); return err },
		"no rows":       func() error { _, err := c.RemoveEverywhere(t.Context(), "1", none); return err },
		"too many rows": func() error { _, err := c.RemoveEverywhere(t.Context(), "1", tooMany); return err },
	} {
		if e, ok := errors.AsType[*facebook.Error](call()); !ok || e.Class != facebook.BadRequest || e.Unknown {
			t.Errorf("%s: %v", what, e)
		}
	}
	if n := len(server.Journal()); n != 0 {
		t.Errorf("%d requests went out", n)
	}
}

type answers string

func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}

// TestRemoveEverywhereAnswers: the form of the answer is not documented.
func TestRemoveEverywhereAnswers(t *testing.T) {
	t.Parallel()
	for body, ok := range map[string]bool{
		`{"audience_id":"1","session_id":"7","num_received":2,"num_invalid_entries":0,"invalid_entry_samples":{}}`: true,
		`{"num_received":2}`: true, `{"success":true}`: true, `true`: true, `{"success":"true"}`: true,
		`{"success":false}`: false, `{}`: false, `[]`: false, ``: false, `<html>`: false, `false`: false,
	} {
		c, err := facebook.New(facebook.Options{
			TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"}), Transport: answers(body),
		})
		if err != nil {
			t.Fatal(err)
		}
		result, err := c.RemoveEverywhere(t.Context(), "1", facebook.Payload{
			Schema: []string{"EMAIL"}, Data: []byte(`[["` + hashA + `"],["` + hashB + `"]]`), Rows: 2,
		})
		if (err == nil) != ok || ok && result.NumReceived != 2 {
			t.Errorf("%s: %+v, %v", body, result, err)
		}
		if e, failed := errors.AsType[*facebook.Error](err); failed && !e.Unknown {
			t.Errorf("%s: known not to be carried out", body)
		}
	}
}
