package facebook

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// FuzzAnswer: no answer breaks an attempt, whatever its status and body, and what
// the body says never reaches the error's text.
func FuzzAnswer(f *testing.F) {
	f.Add(200, usersOK)
	f.Add(200, "Service Unavailable")
	f.Add(400, `{"error":{"message":"secretword","type":"OAuthException","code":100,"error_subcode":33,"fbtrace_id":"A3b/8-_"}}`)
	f.Add(400, `{"error":{"message":1,"type":{},"code":"190","error_subcode":"463","error_data":"{\"a\":1}","is_transient":"true"}}`)
	f.Add(400, `{"error":{"code":1e300,"error_data":{"blame_field_specs":[["payload"]]}}}`)
	f.Add(500, "<!DOCTYPE html><html>secretword</html>")
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 100 || status > 999 {
			return
		}
		c := newClient(t, says(status, body))
		result, err := c.AddUsers(t.Context(), "123", twoRows)
		var e *Error
		switch {
		case err == nil && (status < 200 || status > 299):
			t.Errorf("status %d is a success", status)
		case err == nil && (result.NumReceived < 0 || result.NumInvalid < 0):
			t.Errorf("negative counts: %+v", result)
		case err != nil && !errors.As(err, &e):
			t.Errorf("error is a %T", err)
		case err != nil && (e.Class == Unclassified || e.Title == "" || e.RetryAfter < 0 || e.RetryAfter > maxWait):
			t.Errorf("half an error: %+v", e)
		case err != nil && strings.Contains(err.Error(), "secretword"):
			t.Errorf("Facebook's text in %q", err)
		}
	})
}

// FuzzUsage: no header breaks the parsing or gives a share or wait out of bounds.
func FuzzUsage(f *testing.F) {
	f.Add(`{"1":[{"type":"custom_audience","call_count":32,"estimated_time_to_regain_access":"3"}]}`, `{"call_count":5}`, `{"acc_id_util_pct":9.67,"reset_time_duration":100}`)
	f.Add(`{"1":[]}`, `[]`, `{"acc_id_util_pct":"1e999"}`)
	f.Fuzz(func(t *testing.T, business, app, account string) {
		u := ParseUsage(http.Header{headerBusiness: {business}, headerApp: {app}, headerAdAccount: {account}})
		if p := u.Percent(); !(p >= 0 && p <= 1e6) {
			t.Errorf("percent %v", p)
		}
		for _, wait := range []time.Duration{u.RegainAccess(), u.AdAccount.Reset} {
			if wait < 0 || wait > maxWait {
				t.Errorf("wait %s", wait)
			}
		}
		if len(u.Business) > maxBusinessEntries {
			t.Errorf("%d entries", len(u.Business))
		}
	})
}

// FuzzPage: a listing either ends or goes on with another cursor.
func FuzzPage(f *testing.F) {
	f.Add(`{"data":[]}`, "")
	f.Add(`{"data":[{"id":"1","name":"x"}],"paging":{"cursors":{"before":"b","after":"a"},"next":"https://x/?after=a"}}`, "b")
	f.Add(`{"data":[{"id":2}],"paging":{"next":"https://x/?after=c%3D&limit=1"}}`, "")
	f.Fuzz(func(t *testing.T, body, after string) {
		page, ok := decodePage([]byte(body), after)
		if ok && page.Next != "" && page.Next == after {
			t.Error("a page that follows itself")
		}
		for _, a := range page.Audiences {
			if ok && !digits(string(a.ID)) {
				t.Errorf("id %q", a.ID)
			}
		}
	})
}
