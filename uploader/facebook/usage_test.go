package facebook

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseUsage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name               string
		header             map[string]string
		want               Usage
		percent, ofAccount float64
		regain             time.Duration
	}{
		{name: "none"},
		{
			name: "recorded from a read",
			header: map[string]string{"x-business-use-case-usage": `{"542676646349772":[{"type":"custom_audience","call_count":32,` +
				`"total_cputime":3,"total_time":7,"estimated_time_to_regain_access":0}]}`},
			want:    Usage{Business: []BusinessUsage{{Object: "542676646349772", Type: "custom_audience", Load: Load{32, 3, 7}}}},
			percent: 32, ofAccount: 32,
		},
		{
			name:    "recorded from a write",
			header:  map[string]string{"x-app-usage": `{"call_count":5,"total_cputime":0,"total_time":1}`, "x-ad-account-usage": `{"acc_id_util_pct":100}`},
			want:    Usage{App: Load{5, 0, 1}, AdAccount: AdAccountUsage{Percent: 100}},
			percent: 100, ofAccount: 100,
		},
		{
			name:    "ad account with tier",
			header:  map[string]string{"x-ad-account-usage": `{"acc_id_util_pct":9.67,"reset_time_duration":100,"ads_api_access_tier":"standard_access"}`},
			want:    Usage{AdAccount: AdAccountUsage{9.67, 100 * time.Second, "standard_access"}},
			percent: 9.67, ofAccount: 9.67,
		},
		{
			name: "minutes to regain, several entries, longest first",
			header: map[string]string{"x-business-use-case-usage": `{"1":[{"type":"ads_management","call_count":118},` +
				`{"type":"custom_audience","total_time":"101","estimated_time_to_regain_access":"47"}],"2":[]}`},
			want: Usage{Business: []BusinessUsage{
				{Object: "1", Type: "custom_audience", Load: Load{Time: 101}, RegainAccess: 47 * time.Minute},
				{Object: "1", Type: "ads_management", Load: Load{Calls: 118}},
			}},
			percent: 118, ofAccount: 118, regain: 47 * time.Minute,
		},
		{
			name:    "app apart from the account",
			header:  map[string]string{"x-app-usage": `{"call_count":88}`},
			want:    Usage{App: Load{Calls: 88}},
			percent: 88,
		},
		{
			name: "nonsense is absent or bounded",
			header: map[string]string{
				"x-app-usage": `<html>`, "x-ad-account-usage": `{"acc_id_util_pct":-5,"reset_time_duration":1e300,"ads_api_access_tier":"a b"}`,
				"x-business-use-case-usage": `{"1":"x"}`,
			},
			want: Usage{AdAccount: AdAccountUsage{Reset: maxWait}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			for k, v := range test.header {
				h.Set(k, v)
			}
			got := ParseUsage(h)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("usage (-want +got):\n%s", diff)
			}
			if got.Percent() != test.percent || got.AccountPercent() != test.ofAccount || got.RegainAccess() != test.regain {
				t.Errorf("percent %v, of the account %v, regain %v; want %v, %v, %v",
					got.Percent(), got.AccountPercent(), got.RegainAccess(), test.percent, test.ofAccount, test.regain)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	blocked := Usage{Business: []BusinessUsage{{RegainAccess: 7 * time.Minute}}}
	tests := []struct {
		name   string
		v      Verdict
		usage  Usage
		header string
		want   time.Duration
	}{
		{"the least wait", Verdict{Class: Throttle, Wait: time.Minute}, Usage{}, "", time.Minute},
		{"minutes of the header", Verdict{Class: Throttle, Wait: time.Minute}, blocked, "", 7 * time.Minute},
		{"for the app too", Verdict{Class: ThrottleApp, Wait: time.Minute}, blocked, "", 7 * time.Minute},
		{"not for other classes", Verdict{Class: Transient}, blocked, "", 0},
		{"full score", Verdict{Class: Throttle, Wait: time.Minute}, Usage{AdAccount: AdAccountUsage{Percent: 100, Reset: 90 * time.Second}}, "", 90 * time.Second},
		{"development tier", Verdict{Class: Throttle, Wait: time.Minute}, Usage{AdAccount: AdAccountUsage{Percent: 100, Tier: "development_access"}}, "", 5 * time.Minute},
		{"Retry-After in seconds", Verdict{Class: Transient}, Usage{}, "30", 30 * time.Second},
		{"Retry-After as a date", Verdict{Class: Transient}, Usage{}, "Tue, 24 Nov 2026 04:02:00 GMT", 2 * time.Minute},
		{"Retry-After without end", Verdict{Class: Transient}, Usage{}, "999999999", maxWait},
		{"Retry-After in the past", Verdict{Class: Transient}, Usage{}, "Tue, 24 Nov 2020 04:02:00 GMT", 0},
	}
	for _, test := range tests {
		h := http.Header{}
		h.Set("Retry-After", test.header)
		if got := retryAfter(test.v, test.usage, h, now); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
