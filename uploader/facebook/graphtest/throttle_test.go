package graphtest

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type useCases map[string][]struct {
	Type  string `json:"type"`
	Calls int    `json:"call_count"`
	Wait  int    `json:"estimated_time_to_regain_access"`
}

func header[T any](t *testing.T, a answer, name string) (v T) {
	t.Helper()
	text := a.header.Get(name)
	if text == "" {
		t.Fatalf("no header %s", name)
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("header %s: %v", name, err)
	}
	return v
}

// TestUsageHeaders holds which header comes with which call, as in recorded traffic.
func TestUsageHeaders(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{Accounts: []Account{{ID: "1", Quota: LimitedTier()}}})
	id := c.create()
	a := c.rows("DELETE", id, "EMAIL", []string{h("a")})
	if got := header[useCases](t, a, "x-business-use-case-usage")["1"][0].Type; got != "custom_audience" {
		t.Errorf("type = %q", got)
	}
	if a.header.Get("x-ad-account-usage") != "" {
		t.Error("x-ad-account-usage on DELETE users")
	}
	a = c.rows("POST", id, "EMAIL", []string{h("a")})
	account := header[struct {
		Percent float64 `json:"acc_id_util_pct"`
		Reset   int     `json:"reset_time_duration"`
		Tier    string  `json:"ads_api_access_tier"`
	}](t, a, "x-ad-account-usage")
	if account.Percent != 15 || account.Tier != "development_access" || account.Reset < 295 || account.Reset > 300 {
		t.Errorf("after three writes: %+v", account)
	}
	header[map[string]int](t, a, "x-app-usage")
	if a.header.Get("x-business-use-case-usage") != "" {
		t.Error("x-business-use-case-usage on POST users")
	}
}

func TestScore(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		as613 bool
		code  int
		sub   int
	}{
		"17":  {false, 17, 2446079},
		"613": {true, 613, 1487742},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, Options{Accounts: []Account{{ID: "1", Quota: LimitedTier()}}, UsersThrottle613: tc.as613})
				id := c.create()
				for range 19 {
					wantOK(t, c.rows("POST", id, "EMAIL", []string{h("a")}))
				}
				a := c.rows("POST", id, "EMAIL", []string{h("a")})
				wantCode(t, a, 400, tc.code, tc.sub)
				if got := header[useCases](t, a, "x-business-use-case-usage")["1"][0].Wait; got != 5 {
					t.Errorf("time to regain access = %d minutes, want 5", got)
				}
				wantCode(t, c.rows("DELETE", id, "EMAIL", []string{h("a")}), 400, 80003, 2446079)
				if c.violations()[WhileThrottled] != 0 {
					t.Error("a call at the same moment is no violation")
				}
				time.Sleep(4 * time.Minute)
				a = c.do("GET", "act_1", "")
				wantCode(t, a, 400, 80003, 2446079)
				if got := header[useCases](t, a, "x-business-use-case-usage")["1"][0].Wait; got != 2 {
					t.Errorf("calls while blocked: %d minutes left, want 2 (1 and the penalty)", got)
				}
				if got := c.violations()[WhileThrottled]; got != 1 {
					t.Errorf("calling while throttled noted %d times, want 1", got)
				}
				time.Sleep(2 * time.Minute)
				wantOK(t, c.rows("POST", id, "EMAIL", []string{h("a")}))
			})
		})
	}
}

func TestHourlyCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := FullTier()
		q.CallsPerHour, q.CallsPerHourAudience = 9, 1
		c := newClient(t, Options{Accounts: []Account{{ID: "1", Quota: q}}})
		c.create()
		for range 9 {
			wantOK(t, c.do("GET", "act_1/customaudiences", ""))
		}
		a := c.do("GET", "act_1/customaudiences", "")
		wantCode(t, a, 400, 80003, 2446079)
		u := header[useCases](t, a, "x-business-use-case-usage")["1"][0]
		if u.Calls != 110 || u.Wait < 59 || u.Wait > 60 {
			t.Errorf("usage %+v, want 110 %% and an hour", u)
		}
		time.Sleep(61 * time.Minute)
		wantOK(t, c.do("GET", "act_1/customaudiences", ""))
	})
}

func TestAppCalls(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{AppCallsPerHour: 2})
	wantOK(t, c.do("GET", "act_1", ""))
	wantOK(t, c.do("GET", "act_1", ""))
	a := c.do("GET", "act_1", "")
	wantCode(t, a, 400, 4, 0)
	if got := a.header.Get("x-app-usage"); !strings.Contains(got, `"call_count":150`) {
		t.Errorf("x-app-usage = %s", got)
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	w := window{span: time.Hour}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w.add(now, 5)
	w.add(now.Add(30*time.Minute), 7)
	for _, tc := range []struct {
		after time.Duration
		want  int
	}{{59 * time.Minute, 12}, {60 * time.Minute, 7}, {90 * time.Minute, 0}, {200 * time.Hour, 0}} {
		if got := w.sum(now.Add(tc.after)); got != tc.want {
			t.Errorf("after %s: %d, want %d", tc.after, got, tc.want)
		}
	}
	w = window{span: time.Hour}
	w.add(now, 5)
	w.add(now.Add(30*time.Minute), 7)
	if got := w.wait(now.Add(30*time.Minute), 7); got != 30*time.Minute {
		t.Errorf("wait = %s, want 30m", got)
	}
}
